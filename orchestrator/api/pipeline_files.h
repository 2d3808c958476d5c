// The pipelines that an orchestrator is started with.

#ifndef ORCHESTRATOR_API_PIPELINE_FILES_H_
#define ORCHESTRATOR_API_PIPELINE_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "orchestrator/store/pipeline_store.h"

namespace stagecoach {

// Applies every `*.yaml` in `directory`, by name. A file that is not a
// pipeline is logged with its problems and passed over: the others still
// serve. Whether the stages exist is checked when a run is created.
//
// NOT_FOUND: there is no such directory. Otherwise as PipelineStore.
absl::Status ApplyPipelineFiles(const std::string& directory,
                                PipelineStore& store);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_PIPELINE_FILES_H_
