#include "orchestrator/cli/verbs/run_inputs.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/exit_code.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/parameters.h"

namespace stagecoach {
namespace {

struct NameAndValue {
  std::string name;
  std::string value;
};

absl::StatusOr<NameAndValue> Split(absl::string_view flag,
                                   absl::string_view text,
                                   absl::string_view example) {
  const size_t equals = text.find('=');
  if (equals == absl::string_view::npos || equals == 0) {
    return UsageError(absl::StrCat(flag, " '", text,
                                   "' must be NAME=VALUE, for example ", flag,
                                   " ", example));
  }
  return NameAndValue{std::string(text.substr(0, equals)),
                      std::string(text.substr(equals + 1))};
}

// Starts as YAML's numbers do: words such as `nan` and `inf` are none.
bool LooksLikeNumber(absl::string_view text) {
  if (absl::StartsWith(text, "-") || absl::StartsWith(text, "+")) {
    text.remove_prefix(1);
  }
  return !text.empty() && (absl::ascii_isdigit(text[0]) || text[0] == '.');
}

v1::ParameterValue Guess(absl::string_view text) {
  int64_t integer = 0;
  double number = 0;
  if (LooksLikeNumber(text) && absl::SimpleAtoi(text, &integer)) {
    return IntegerValue(integer);
  }
  if (LooksLikeNumber(text) && absl::SimpleAtod(text, &number)) {
    return NumberValue(number);
  }
  if (text == "true" || text == "false") return BooleanValue(text == "true");
  return StringValue(text);
}

std::string Owner(const v1::Pipeline& pipeline) {
  return absl::StrCat("pipeline '", pipeline.name(), "'");
}

}  // namespace

v1::ParameterValue ParseParameterValue(v1::ParameterType type,
                                       absl::string_view text) {
  if (type == v1::PARAMETER_TYPE_STRING_LIST) {
    const std::vector<std::string> values =
        absl::StrSplit(text, ',', absl::SkipEmpty());
    return StringListValue(values);
  }
  if (text.size() >= 2 && absl::StartsWith(text, "\"") &&
      absl::EndsWith(text, "\"")) {
    return StringValue(text.substr(1, text.size() - 2));
  }
  if (type == v1::PARAMETER_TYPE_STRING) return StringValue(text);
  v1::ParameterValue guess = Guess(text);
  const bool integer = guess.kind_case() == v1::ParameterValue::kIntegerValue;
  if (type == v1::PARAMETER_TYPE_INTEGER_OR_STRING && !integer) {
    return StringValue(text);
  }
  return guess;
}

absl::Status SetParameters(const v1::Pipeline& pipeline,
                           const std::vector<std::string>& settings,
                           v1::RunRequest& request) {
  for (const std::string& setting : settings) {
    SC_ASSIGN_OR_RETURN(const NameAndValue pair,
                        Split("--set", setting, "epochs=200"));
    if (request.parameters().contains(pair.name)) {
      return UsageError(
          absl::StrCat("parameter '", pair.name, "' is set twice"));
    }
    const v1::ParameterSpec* spec =
        FindParameter(pipeline.parameters(), pair.name);
    const v1::ParameterType type =
        spec == nullptr ? v1::PARAMETER_TYPE_UNSPECIFIED : spec->type();
    (*request.mutable_parameters())[pair.name] =
        ParseParameterValue(type, pair.value);
  }
  const absl::Status checked =
      ResolveParameters(pipeline.parameters(), request.parameters(),
                        Owner(pipeline))
          .status();
  return checked.ok() ? checked : AsUsageError(checked);
}

absl::Status SetInputs(const v1::Pipeline& pipeline,
                       const std::vector<std::string>& inputs,
                       v1::RunRequest& request) {
  std::vector<std::string> known;
  for (const v1::PipelineInput& input : pipeline.inputs()) {
    known.push_back(input.name());
  }
  for (const std::string& text : inputs) {
    SC_ASSIGN_OR_RETURN(
        NameAndValue pair,
        Split("--input", text,
              absl::StrCat(known.empty() ? "source" : known.front(), "=",
                           absl::StripPrefix(text, "="))));
    if (std::find(known.begin(), known.end(), pair.name) == known.end()) {
      return UsageError(absl::StrCat(Owner(pipeline), " has no input '",
                                     pair.name, "'",
                                     NearestNameHint(pair.name, known)));
    }
    if (request.inputs().contains(pair.name)) {
      return UsageError(absl::StrCat("input '", pair.name, "' is given twice"));
    }
    (*request.mutable_inputs())[pair.name] = std::move(pair.value);
  }
  for (const v1::PipelineInput& input : pipeline.inputs()) {
    if (input.default_uri().empty() &&
        !request.inputs().contains(input.name())) {
      return UsageError(absl::StrCat(Owner(pipeline), " needs input '",
                                     input.name(), "'; give it with --input ",
                                     input.name(), "=FILE"));
    }
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
