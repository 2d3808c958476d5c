#include "orchestrator/pipeline/parse_values.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "orchestrator/pipeline/yaml_fields.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/names.h"
#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

struct ParameterTypeName {
  absl::string_view name;
  v1::ParameterType type;
};

constexpr ParameterTypeName kParameterTypes[] = {
    {"integer", v1::PARAMETER_TYPE_INTEGER},
    {"number", v1::PARAMETER_TYPE_NUMBER},
    {"string", v1::PARAMETER_TYPE_STRING},
    {"boolean", v1::PARAMETER_TYPE_BOOLEAN},
    {"integer-or-string", v1::PARAMETER_TYPE_INTEGER_OR_STRING},
    {"string-list", v1::PARAMETER_TYPE_STRING_LIST},
};

absl::Status MustBe(absl::string_view wanted, const YamlNode& node) {
  return absl::InvalidArgumentError(
      absl::StrCat("must be ", wanted, ", not ", DescribeNode(node)));
}

absl::StatusOr<v1::ParameterValue> ParseListLiteral(const YamlNode& list) {
  std::vector<std::string> texts;
  for (const YamlNode& item : list.items) {
    if (item.kind != YamlNode::Kind::kScalar ||
        absl::StrContains(item.text, "${")) {
      return absl::InvalidArgumentError(absl::StrCat(
          "must be a list of texts, but holds ", DescribeNode(item)));
    }
    texts.push_back(item.text);
  }
  return StringListValue(texts);
}

std::optional<v1::StepOutput> ReadStepOutput(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  if (parts.size() != 3 || parts[0] != "steps" ||
      !CheckLowerCaseName("", parts[1]).ok() ||
      !CheckFieldName("", parts[2]).ok()) {
    return std::nullopt;
  }
  v1::StepOutput output;
  output.set_step(std::string(parts[1]));
  output.set_output(std::string(parts[2]));
  return output;
}

}  // namespace

absl::StatusOr<v1::ParameterType> ParseParameterType(absl::string_view name) {
  std::vector<std::string> known;
  for (const ParameterTypeName& row : kParameterTypes) {
    if (row.name == name) return row.type;
    known.emplace_back(row.name);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown parameter type \"", name, "\"", NearestNameHint(name, known)));
}

absl::StatusOr<v1::ParameterValue> ParseLiteral(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kList) return ParseListLiteral(node);
  if (node.kind != YamlNode::Kind::kScalar) {
    return MustBe("a single value or a list of texts", node);
  }
  v1::ParameterValue value = ScalarValue(node);
  if (value.kind_case() == v1::ParameterValue::KIND_NOT_SET) {
    return MustBe("a whole number of at most 64 bits", node);
  }
  if (!std::isfinite(value.number_value())) {
    return MustBe("a finite number", node);
  }
  return value;
}

absl::StatusOr<v1::ParameterBinding> ParseParameterBinding(
    const YamlNode& node) {
  v1::ParameterBinding binding;
  absl::string_view text = node.text;
  if (node.kind != YamlNode::Kind::kScalar || !absl::StrContains(text, "${")) {
    SC_ASSIGN_OR_RETURN(*binding.mutable_value(), ParseLiteral(node));
    return binding;
  }
  if (absl::ConsumePrefix(&text, "${parameters.") &&
      absl::ConsumeSuffix(&text, "}") && CheckFieldName("", text).ok()) {
    binding.set_parameter(std::string(text));
    return binding;
  }
  return MustBe("a value or all of it one ${parameters.NAME}", node);
}

absl::StatusOr<v1::InputBinding> ParseInputBinding(const YamlNode& node) {
  v1::InputBinding binding;
  if (std::optional<v1::StepOutput> output = ReadStepOutput(node.text)) {
    *binding.mutable_step_output() = *std::move(output);
    return binding;
  }
  absl::string_view name = node.text;
  if (absl::ConsumePrefix(&name, "inputs.") && CheckFieldName("", name).ok()) {
    binding.set_pipeline_input(std::string(name));
    return binding;
  }
  return MustBe("steps.STEP.OUTPUT or inputs.NAME", node);
}

absl::StatusOr<v1::StepOutput> ParseStepOutput(const YamlNode& node) {
  if (std::optional<v1::StepOutput> output = ReadStepOutput(node.text)) {
    return *std::move(output);
  }
  return MustBe("steps.STEP.OUTPUT", node);
}

v1::ParameterValue AsType(const v1::ParameterValue& value,
                          v1::ParameterType type) {
  if (type == v1::PARAMETER_TYPE_NUMBER && value.has_integer_value()) {
    return NumberValue(static_cast<double>(value.integer_value()));
  }
  return value;
}

}  // namespace stagecoach
