// What several verbs need.

#ifndef ORCHESTRATOR_CLI_VERBS_SUPPORT_H_
#define ORCHESTRATOR_CLI_VERBS_SUPPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/cli/client/orchestrator_client.h"
#include "orchestrator/cli/verb.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// How to call the program again for the same orchestrator: `stagecoach`, or
// with the flags that name another one.
std::string ProgramCall(const Context& context);

// The run; `run_id` empty: the newest one. NOT_FOUND has the nearest id.
absl::StatusOr<v1::Run> FetchRun(OrchestratorClient& client,
                                 const std::string& run_id);

// `status`, and if it is NOT_FOUND and has no such hint yet, the nearest of
// the newest runs' ids.
absl::Status WithRunHint(OrchestratorClient& client, const std::string& run_id,
                         const absl::Status& status);

// The newest version of a pipeline. NOT_FOUND has the nearest name.
absl::StatusOr<v1::GetPipelineResponse> FetchPipeline(
    OrchestratorClient& client, const std::string& name, int64_t version);

// The beginning of an artifact, at most `most_bytes` of it.
absl::StatusOr<std::string> ReadBeginning(OrchestratorClient& client,
                                          const std::string& uri,
                                          int64_t most_bytes);

// The path of this machine that `uri` is at, if the orchestrator belongs to a
// local cluster whose folder is known and the path exists; otherwise empty.
std::string LocalPathOf(const Context& context, const std::string& uri);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_SUPPORT_H_
