// The values that are particular to a pipeline's YAML. Messages of errors say
// what is allowed; the caller says where.

#ifndef ORCHESTRATOR_PIPELINE_PARSE_VALUES_H_
#define ORCHESTRATOR_PIPELINE_PARSE_VALUES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/pipeline/yaml_tree.h"
#include "stagecoach/v1/pipeline.pb.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// Each returns INVALID_ARGUMENT for anything else.

// `integer`, `number`, `string`, `boolean`, `integer-or-string` or
// `string-list`.
absl::StatusOr<v1::ParameterType> ParseParameterType(absl::string_view name);

// A scalar that is a parameter's value, finite; or a list of scalars, each of
// which is text.
absl::StatusOr<v1::ParameterValue> ParseLiteral(const YamlNode& node);

// A literal, or `${parameters.NAME}` and nothing around it.
absl::StatusOr<v1::ParameterBinding> ParseParameterBinding(
    const YamlNode& node);

// `steps.STEP.OUTPUT` or `inputs.NAME`.
absl::StatusOr<v1::InputBinding> ParseInputBinding(const YamlNode& node);

// `steps.STEP.OUTPUT`.
absl::StatusOr<v1::StepOutput> ParseStepOutput(const YamlNode& node);

// A whole number as a double if `type` is NUMBER, anything else as it is.
v1::ParameterValue AsType(const v1::ParameterValue& value,
                          v1::ParameterType type);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_PARSE_VALUES_H_
