// Reads a parameter of a pipeline from its YAML; see parse.h.

#ifndef ORCHESTRATOR_PIPELINE_PARSE_PARAMETER_H_
#define ORCHESTRATOR_PIPELINE_PARSE_PARAMETER_H_

#include "orchestrator/pipeline/problems.h"
#include "orchestrator/pipeline/yaml_fields.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// What `item` says of a parameter. What is wrong with it, but for its name, is
// reported.
v1::ParameterSpec ReadParameterSpec(YamlMap& item, Problems& problems);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_PARSE_PARAMETER_H_
