// Reads a step of a pipeline from its YAML; see parse.h.

#ifndef ORCHESTRATOR_PIPELINE_PARSE_STEP_H_
#define ORCHESTRATOR_PIPELINE_PARSE_STEP_H_

#include "orchestrator/pipeline/yaml_fields.h"
#include "stagecoach/v1/pipeline.pb.h"

namespace stagecoach {

// What `item` says of a step. What is wrong with it, but for its name, is
// reported.
v1::PipelineStep ReadPipelineStep(YamlMap& item);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_PARSE_STEP_H_
