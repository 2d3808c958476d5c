// The verbs under `pipelines` that have a file of their own.

#ifndef ORCHESTRATOR_CLI_VERBS_PIPELINES_VERBS_H_
#define ORCHESTRATOR_CLI_VERBS_PIPELINES_VERBS_H_

#include "orchestrator/cli/verb.h"

namespace stagecoach {

Verb AddPipelinesDiffVerb(CLI::App& pipelines);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_PIPELINES_VERBS_H_
