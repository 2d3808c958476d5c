#include "orchestrator/pipeline/parse_parameter.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/pipeline/parse_values.h"
#include "services/common/contract/names.h"
#include "services/common/contract/parameters.h"

namespace stagecoach {
namespace {

// Owner of the parameters in messages.
constexpr absl::string_view kOwner = "the pipeline";

void ReadRange(YamlMap& item, v1::ParameterSpec& spec) {
  double bound = 0;
  if (item.Number("minimum", bound)) spec.set_minimum(bound);
  if (item.Number("maximum", bound)) spec.set_maximum(bound);
  bool excluded = false;
  item.Boolean("minimumExcluded", excluded);
  spec.set_minimum_excluded(excluded);
  excluded = false;
  item.Boolean("maximumExcluded", excluded);
  spec.set_maximum_excluded(excluded);
}

void ReadChoices(YamlMap& item, v1::ParameterSpec& spec) {
  item.List("choices", [&](const YamlNode& choice) {
    if (choice.kind == YamlNode::Kind::kScalar) {
      spec.add_choices(choice.text);
    } else {
      item.AddProblem("choices", absl::StrCat("each must be text, not ",
                                              DescribeNode(choice)));
    }
  });
}

void ReadDefault(YamlMap& item, v1::ParameterSpec& spec, Problems& problems) {
  // The name has been looked at already.
  if (!CheckFieldName("", spec.name()).ok()) return;
  const absl::Status status = ValidateParameterSpec(spec, kOwner);
  if (!status.ok()) problems.Add(item.path(), status.message());
  const YamlNode* node = item.Get("default");
  if (!status.ok() || node == nullptr) return;
  const absl::StatusOr<v1::ParameterValue> value = ParseLiteral(*node);
  const absl::Status fits =
      value.ok() ? CheckParameterValue(spec, *value, kOwner) : value.status();
  if (!fits.ok()) {
    item.AddProblem("default", fits.message());
    return;
  }
  *spec.mutable_default_value() = AsType(*value, spec.type());
}

}  // namespace

v1::ParameterSpec ReadParameterSpec(YamlMap& item, Problems& problems) {
  item.CheckKeys({"name", "type", "default", "minimum", "maximum",
                  "minimumExcluded", "maximumExcluded", "choices",
                  "documentation"});
  v1::ParameterSpec spec;
  item.Text("name", *spec.mutable_name());
  item.Text("documentation", *spec.mutable_documentation());
  std::string type;
  item.RequiredText("type", type);
  if (type.empty()) return spec;
  const absl::StatusOr<v1::ParameterType> parsed = ParseParameterType(type);
  if (!parsed.ok()) {
    item.AddProblem("type", parsed.status().message());
    return spec;
  }
  spec.set_type(*parsed);
  ReadRange(item, spec);
  ReadChoices(item, spec);
  ReadDefault(item, spec, problems);
  return spec;
}

}  // namespace stagecoach
