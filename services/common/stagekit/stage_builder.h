// Builds what a stage says of itself, so that a stage's class reads like a
// list:
//
//   StageBuilder("load", "1.0.0", "Reads one column of a CSV file.")
//       .Parameter(Number("proportion", "part of the rows to train on")
//                      .Default(0.7).Above(0).Below(1))
//       .Input("source", v1::ARTIFACT_TYPE_TABLE, "rows with a header")
//       .Output("train", v1::ARTIFACT_TYPE_TENSOR, "first rows, [n,1]")
//       .Build();
//
// A parameter without a Default is required. What was built is checked when
// the stage is served and by StageHarness (ValidateDescription).

#ifndef SERVICES_COMMON_STAGEKIT_STAGE_BUILDER_H_
#define SERVICES_COMMON_STAGEKIT_STAGE_BUILDER_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// What all parameters have. Threads: none of the builders is shared.
class ParameterBuilder {
 public:
  const v1::ParameterSpec& spec() const { return spec_; }

 protected:
  ParameterBuilder(v1::ParameterType type, absl::string_view name,
                   absl::string_view documentation);

  v1::ParameterSpec spec_;
};

// A whole number.
class IntegerBuilder : public ParameterBuilder {
 public:
  IntegerBuilder(absl::string_view name, absl::string_view documentation);
  IntegerBuilder& Default(int64_t value);
  IntegerBuilder& Minimum(int64_t value);
  IntegerBuilder& Maximum(int64_t value);
};

// A finite double.
class NumberBuilder : public ParameterBuilder {
 public:
  NumberBuilder(absl::string_view name, absl::string_view documentation);
  NumberBuilder& Default(double value);
  NumberBuilder& Minimum(double value);
  NumberBuilder& Maximum(double value);
  // Bounds that are not allowed themselves.
  NumberBuilder& Above(double value);
  NumberBuilder& Below(double value);
};

// UTF-8 text.
class StringBuilder : public ParameterBuilder {
 public:
  StringBuilder(absl::string_view name, absl::string_view documentation);
  StringBuilder& Default(absl::string_view value);
  // The only values allowed.
  StringBuilder& Choices(absl::Span<const absl::string_view> values);
};

// true or false.
class BooleanBuilder : public ParameterBuilder {
 public:
  BooleanBuilder(absl::string_view name, absl::string_view documentation);
  BooleanBuilder& Default(bool value);
};

// Either, e.g. a column's index or name.
class IntegerOrStringBuilder : public ParameterBuilder {
 public:
  IntegerOrStringBuilder(absl::string_view name,
                         absl::string_view documentation);
  IntegerOrStringBuilder& Default(int64_t value);
  IntegerOrStringBuilder& Default(absl::string_view value);
};

// A list of texts, e.g. the names of columns.
class StringListBuilder : public ParameterBuilder {
 public:
  StringListBuilder(absl::string_view name, absl::string_view documentation);
  StringListBuilder& Default(absl::Span<const std::string> values);
  // The only texts allowed in it.
  StringListBuilder& Choices(std::initializer_list<absl::string_view> values);
};

IntegerBuilder Integer(absl::string_view name, absl::string_view documentation);
NumberBuilder Number(absl::string_view name, absl::string_view documentation);
StringBuilder String(absl::string_view name, absl::string_view documentation);
BooleanBuilder Boolean(absl::string_view name, absl::string_view documentation);
IntegerOrStringBuilder IntegerOrString(absl::string_view name,
                                       absl::string_view documentation);
StringListBuilder StringList(absl::string_view name,
                             absl::string_view documentation);

class StageBuilder {
 public:
  // `version` is that of the stage's behaviour; `documentation` one line.
  StageBuilder(absl::string_view name, absl::string_view version,
               absl::string_view documentation);

  StageBuilder& Parameter(const ParameterBuilder& parameter);
  StageBuilder& Input(absl::string_view name, v1::ArtifactType type,
                      absl::string_view documentation);
  // An input that an execution may leave out.
  StageBuilder& OptionalInput(absl::string_view name, v1::ArtifactType type,
                              absl::string_view documentation);
  StageBuilder& Output(absl::string_view name, v1::ArtifactType type,
                       absl::string_view documentation);
  // An output that an execution may end without.
  StageBuilder& OptionalOutput(absl::string_view name, v1::ArtifactType type,
                               absl::string_view documentation);

  v1::StageDescription Build() const { return description_; }

 private:
  v1::StageDescription description_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_STAGE_BUILDER_H_
