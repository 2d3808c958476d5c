// The orchestrator as the command calls it, behind an interface without gRPC.

#ifndef ORCHESTRATOR_CLI_CLIENT_ORCHESTRATOR_CLIENT_H_
#define ORCHESTRATOR_CLI_CLIENT_ORCHESTRATOR_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Nothing came within the wait.
struct FeedIdle {};
// The run as it was created; at most once, first.
struct FeedCreated {
  v1::Run run;
};
// The run as it ended; at most once, last.
struct FeedEnded {
  v1::Run run;
};
// What a feed gives: one of these, an event, or (from then on, always) the
// status that the stream ended with.
using FeedItem =
    std::variant<FeedIdle, FeedCreated, v1::RunEvent, FeedEnded, absl::Status>;

// A stream of what happens to a run. Destroying it lets go of the stream; the
// run goes on.
//
// Threads: one at a time.
class RunFeed {
 public:
  virtual ~RunFeed() = default;

  // The next item; waits for it at most `wait`.
  virtual FeedItem Next(absl::Duration wait) = 0;
};

// Every call has a deadline of its own. Codes and idempotency are those of the
// proto; UNAVAILABLE for which IsNotReachable holds means that the
// orchestrator itself was not there.
//
// Threads: one at a time.
class OrchestratorClient {
 public:
  virtual ~OrchestratorClient() = default;

  // Where the orchestrator is, for messages.
  virtual std::string address() const = 0;

  virtual absl::StatusOr<v1::CreateRunResponse> CreateRun(
      const v1::CreateRunRequest& request) = 0;
  virtual absl::StatusOr<v1::GetRunResponse> GetRun(
      const v1::GetRunRequest& request) = 0;
  virtual absl::StatusOr<v1::ListRunsResponse> ListRuns(
      const v1::ListRunsRequest& request) = 0;
  virtual absl::StatusOr<v1::CancelRunResponse> CancelRun(
      const v1::CancelRunRequest& request) = 0;
  virtual absl::StatusOr<v1::PauseRunResponse> PauseRun(
      const v1::PauseRunRequest& request) = 0;
  virtual absl::StatusOr<v1::ResumeRunResponse> ResumeRun(
      const v1::ResumeRunRequest& request) = 0;
  virtual absl::StatusOr<v1::ExplainRunResponse> ExplainRun(
      const v1::ExplainRunRequest& request) = 0;
  virtual absl::StatusOr<v1::RetryRunResponse> RetryRun(
      const v1::RetryRunRequest& request) = 0;
  virtual absl::StatusOr<v1::DeleteRunResponse> DeleteRun(
      const v1::DeleteRunRequest& request) = 0;
  virtual absl::StatusOr<v1::CollectGarbageResponse> CollectGarbage(
      const v1::CollectGarbageRequest& request) = 0;
  virtual absl::StatusOr<v1::PinArtifactResponse> PinArtifact(
      const v1::PinArtifactRequest& request) = 0;
  virtual absl::StatusOr<v1::GetLineageResponse> GetLineage(
      const v1::GetLineageRequest& request) = 0;
  virtual absl::StatusOr<v1::ApplyPipelineResponse> ApplyPipeline(
      const v1::ApplyPipelineRequest& request) = 0;
  virtual absl::StatusOr<v1::GetPipelineResponse> GetPipeline(
      const v1::GetPipelineRequest& request) = 0;
  virtual absl::StatusOr<v1::ListPipelinesResponse> ListPipelines(
      const v1::ListPipelinesRequest& request) = 0;
  virtual absl::StatusOr<v1::ListStagesResponse> ListStages(
      const v1::ListStagesRequest& request) = 0;
  virtual absl::StatusOr<v1::ListArtifactsResponse> ListArtifacts(
      const v1::ListArtifactsRequest& request) = 0;

  // Never null; what goes wrong comes out of the feed.
  virtual std::unique_ptr<RunFeed> ExecuteRun(
      const v1::ExecuteRunRequest& request) = 0;
  virtual std::unique_ptr<RunFeed> WatchRun(
      const v1::WatchRunRequest& request) = 0;

  // Gives `take` each message in order. A status from `take` that is not OK
  // ends the call and is returned.
  virtual absl::Status ReadArtifact(
      const v1::ReadArtifactRequest& request,
      absl::FunctionRef<absl::Status(const v1::ReadArtifactResponse&)>
          take) = 0;
  virtual absl::Status ReadLog(
      const v1::ReadLogRequest& request,
      absl::FunctionRef<absl::Status(const v1::ReadLogResponse&)> take) = 0;

  // Sends `header` and then what `next` gives, until that is empty. A status
  // from `next` that is not OK ends the call and is returned; nothing is
  // written then.
  virtual absl::StatusOr<v1::UploadArtifactResponse> UploadArtifact(
      const v1::UploadHeader& header,
      absl::FunctionRef<absl::StatusOr<std::string>()> next) = 0;
};

// `status` with a mark that the orchestrator was not reached at all.
absl::Status NotReachable(absl::string_view message);
bool IsNotReachable(const absl::Status& status);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLIENT_ORCHESTRATOR_CLIENT_H_
