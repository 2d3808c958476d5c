#include "services/common/stagekit/stage_builder.h"

#include <string>

#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

// InputSpec and OutputSpec have the same fields.
template <typename Spec>
void Fill(absl::string_view name, v1::ArtifactType type, bool optional,
          absl::string_view documentation, Spec& spec) {
  spec.set_name(std::string(name));
  spec.set_type(type);
  spec.set_optional(optional);
  spec.set_documentation(std::string(documentation));
}

}  // namespace

ParameterBuilder::ParameterBuilder(v1::ParameterType type,
                                   absl::string_view name,
                                   absl::string_view documentation) {
  spec_.set_name(std::string(name));
  spec_.set_type(type);
  spec_.set_documentation(std::string(documentation));
}

IntegerBuilder::IntegerBuilder(absl::string_view name,
                               absl::string_view documentation)
    : ParameterBuilder(v1::PARAMETER_TYPE_INTEGER, name, documentation) {}

IntegerBuilder& IntegerBuilder::Default(int64_t value) {
  *spec_.mutable_default_value() = IntegerValue(value);
  return *this;
}

IntegerBuilder& IntegerBuilder::Minimum(int64_t value) {
  spec_.set_minimum(static_cast<double>(value));
  return *this;
}

IntegerBuilder& IntegerBuilder::Maximum(int64_t value) {
  spec_.set_maximum(static_cast<double>(value));
  return *this;
}

NumberBuilder::NumberBuilder(absl::string_view name,
                             absl::string_view documentation)
    : ParameterBuilder(v1::PARAMETER_TYPE_NUMBER, name, documentation) {}

NumberBuilder& NumberBuilder::Default(double value) {
  *spec_.mutable_default_value() = NumberValue(value);
  return *this;
}

NumberBuilder& NumberBuilder::Minimum(double value) {
  spec_.set_minimum(value);
  return *this;
}

NumberBuilder& NumberBuilder::Maximum(double value) {
  spec_.set_maximum(value);
  return *this;
}

NumberBuilder& NumberBuilder::Above(double value) {
  spec_.set_minimum_excluded(true);
  return Minimum(value);
}

NumberBuilder& NumberBuilder::Below(double value) {
  spec_.set_maximum_excluded(true);
  return Maximum(value);
}

StringBuilder::StringBuilder(absl::string_view name,
                             absl::string_view documentation)
    : ParameterBuilder(v1::PARAMETER_TYPE_STRING, name, documentation) {}

StringBuilder& StringBuilder::Default(absl::string_view value) {
  *spec_.mutable_default_value() = StringValue(value);
  return *this;
}

StringBuilder& StringBuilder::Choices(
    absl::Span<const absl::string_view> values) {
  for (const absl::string_view value : values) {
    spec_.add_choices(std::string(value));
  }
  return *this;
}

BooleanBuilder::BooleanBuilder(absl::string_view name,
                               absl::string_view documentation)
    : ParameterBuilder(v1::PARAMETER_TYPE_BOOLEAN, name, documentation) {}

BooleanBuilder& BooleanBuilder::Default(bool value) {
  *spec_.mutable_default_value() = BooleanValue(value);
  return *this;
}

IntegerOrStringBuilder::IntegerOrStringBuilder(absl::string_view name,
                                               absl::string_view documentation)
    : ParameterBuilder(v1::PARAMETER_TYPE_INTEGER_OR_STRING, name,
                       documentation) {}

IntegerOrStringBuilder& IntegerOrStringBuilder::Default(int64_t value) {
  *spec_.mutable_default_value() = IntegerValue(value);
  return *this;
}

IntegerOrStringBuilder& IntegerOrStringBuilder::Default(
    absl::string_view value) {
  *spec_.mutable_default_value() = StringValue(value);
  return *this;
}

StringListBuilder::StringListBuilder(absl::string_view name,
                                     absl::string_view documentation)
    : ParameterBuilder(v1::PARAMETER_TYPE_STRING_LIST, name, documentation) {}

StringListBuilder& StringListBuilder::Default(
    absl::Span<const std::string> values) {
  *spec_.mutable_default_value() = StringListValue(values);
  return *this;
}

StringListBuilder& StringListBuilder::Choices(
    std::initializer_list<absl::string_view> values) {
  for (const absl::string_view value : values) {
    spec_.add_choices(std::string(value));
  }
  return *this;
}

IntegerBuilder Integer(absl::string_view name,
                       absl::string_view documentation) {
  return IntegerBuilder(name, documentation);
}

NumberBuilder Number(absl::string_view name, absl::string_view documentation) {
  return NumberBuilder(name, documentation);
}

StringBuilder String(absl::string_view name, absl::string_view documentation) {
  return StringBuilder(name, documentation);
}

BooleanBuilder Boolean(absl::string_view name,
                       absl::string_view documentation) {
  return BooleanBuilder(name, documentation);
}

IntegerOrStringBuilder IntegerOrString(absl::string_view name,
                                       absl::string_view documentation) {
  return IntegerOrStringBuilder(name, documentation);
}

StringListBuilder StringList(absl::string_view name,
                             absl::string_view documentation) {
  return StringListBuilder(name, documentation);
}

StageBuilder::StageBuilder(absl::string_view name, absl::string_view version,
                           absl::string_view documentation) {
  description_.set_name(std::string(name));
  description_.set_version(std::string(version));
  description_.set_documentation(std::string(documentation));
}

StageBuilder& StageBuilder::Parameter(const ParameterBuilder& parameter) {
  *description_.add_parameters() = parameter.spec();
  return *this;
}

StageBuilder& StageBuilder::Input(absl::string_view name, v1::ArtifactType type,
                                  absl::string_view documentation) {
  Fill(name, type, /*optional=*/false, documentation,
       *description_.add_inputs());
  return *this;
}

StageBuilder& StageBuilder::OptionalInput(absl::string_view name,
                                          v1::ArtifactType type,
                                          absl::string_view documentation) {
  Fill(name, type, /*optional=*/true, documentation,
       *description_.add_inputs());
  return *this;
}

StageBuilder& StageBuilder::Output(absl::string_view name,
                                   v1::ArtifactType type,
                                   absl::string_view documentation) {
  Fill(name, type, /*optional=*/false, documentation,
       *description_.add_outputs());
  return *this;
}

StageBuilder& StageBuilder::OptionalOutput(absl::string_view name,
                                           v1::ArtifactType type,
                                           absl::string_view documentation) {
  Fill(name, type, /*optional=*/true, documentation,
       *description_.add_outputs());
  return *this;
}

}  // namespace stagecoach
