// Follows a run and reports its end: the second half of `run`, `watch` and
// `retry`.

#ifndef ORCHESTRATOR_CLI_VERBS_FOLLOW_H_
#define ORCHESTRATOR_CLI_VERBS_FOLLOW_H_

#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/cli/client/orchestrator_client.h"
#include "orchestrator/cli/verb.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// What programs are given: the run as it ended, or every event.
enum class FollowOutput { kRun, kEvents };

// Creates and follows a run to its end, shows it and then the report. kFailed
// if it did not succeed; kInterrupted after Ctrl-C, with a word on how to come
// back. Errors as RunFollower.
// Outputs are copied into `pull_folder` unless it is empty.
absl::StatusOr<ExitCode> ExecuteAndReport(Context& context,
                                          OrchestratorClient& client,
                                          const v1::RunRequest& request,
                                          const std::string& pull_folder);

// The same for a run that is there already.
absl::StatusOr<ExitCode> WatchAndReport(Context& context,
                                        OrchestratorClient& client,
                                        const std::string& run_id,
                                        FollowOutput output);

// What is said of a run that nobody follows: how to watch and cancel it.
std::string DetachedText(const Context& context, const std::string& run_id);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_FOLLOW_H_
