// An orchestrator in memory.

#ifndef ORCHESTRATOR_CLI_TESTING_FAKE_ORCHESTRATOR_CLIENT_H_
#define ORCHESTRATOR_CLI_TESTING_FAKE_ORCHESTRATOR_CLIENT_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/cli/client/orchestrator_client.h"
#include "services/common/base/fake_clock.h"

namespace stagecoach {

// Answers from what a test puts into it and remembers what it was asked. Runs
// do what the scripts say: each stream takes the next one, and ends with OK
// after its last item.
//
// Threads: one at a time.
class FakeOrchestratorClient final : public OrchestratorClient {
 public:
  // A FeedIdle in a script moves `clock` by the wait.
  explicit FakeOrchestratorClient(FakeClock& clock) : clock_(clock) {}

  std::string address() const override { return "fake:1"; }
  absl::StatusOr<v1::CreateRunResponse> CreateRun(
      const v1::CreateRunRequest& request) override;
  absl::StatusOr<v1::GetRunResponse> GetRun(
      const v1::GetRunRequest& request) override;
  absl::StatusOr<v1::ListRunsResponse> ListRuns(
      const v1::ListRunsRequest& request) override;
  absl::StatusOr<v1::CancelRunResponse> CancelRun(
      const v1::CancelRunRequest& request) override;
  absl::StatusOr<v1::PauseRunResponse> PauseRun(
      const v1::PauseRunRequest& request) override;
  absl::StatusOr<v1::ResumeRunResponse> ResumeRun(
      const v1::ResumeRunRequest& request) override;
  absl::StatusOr<v1::ExplainRunResponse> ExplainRun(
      const v1::ExplainRunRequest& request) override;
  absl::StatusOr<v1::RetryRunResponse> RetryRun(
      const v1::RetryRunRequest& request) override;
  absl::StatusOr<v1::DeleteRunResponse> DeleteRun(
      const v1::DeleteRunRequest& request) override;
  absl::StatusOr<v1::CollectGarbageResponse> CollectGarbage(
      const v1::CollectGarbageRequest& request) override;
  absl::StatusOr<v1::PinArtifactResponse> PinArtifact(
      const v1::PinArtifactRequest& request) override;
  absl::StatusOr<v1::GetLineageResponse> GetLineage(
      const v1::GetLineageRequest& request) override;
  absl::StatusOr<v1::ApplyPipelineResponse> ApplyPipeline(
      const v1::ApplyPipelineRequest& request) override;
  absl::StatusOr<v1::GetPipelineResponse> GetPipeline(
      const v1::GetPipelineRequest& request) override;
  absl::StatusOr<v1::ListPipelinesResponse> ListPipelines(
      const v1::ListPipelinesRequest& request) override;
  absl::StatusOr<v1::ListStagesResponse> ListStages(
      const v1::ListStagesRequest& request) override;
  absl::StatusOr<v1::ListArtifactsResponse> ListArtifacts(
      const v1::ListArtifactsRequest& request) override;
  std::unique_ptr<RunFeed> ExecuteRun(
      const v1::ExecuteRunRequest& request) override;
  std::unique_ptr<RunFeed> WatchRun(
      const v1::WatchRunRequest& request) override;
  absl::Status ReadArtifact(
      const v1::ReadArtifactRequest& request,
      absl::FunctionRef<absl::Status(const v1::ReadArtifactResponse&)> take)
      override;
  absl::Status ReadLog(
      const v1::ReadLogRequest& request,
      absl::FunctionRef<absl::Status(const v1::ReadLogResponse&)> take)
      override;
  // The file becomes one of `files`.
  absl::StatusOr<v1::UploadArtifactResponse> UploadArtifact(
      const v1::UploadHeader& header,
      absl::FunctionRef<absl::StatusOr<std::string>()> next) override;

  // What is there. Runs newest first.
  std::vector<v1::Run> runs;
  std::vector<v1::Pipeline> pipelines;
  std::vector<v1::StageStatus> stages;
  std::map<std::string, std::string> files;  // bytes of artifacts by URI
  std::map<std::string, std::string> logs;   // by `<run>/<step>/<attempt>`
  absl::Status apply_status;                 // what ApplyPipeline ends with
  v1::ExplainRunResponse explanation;
  v1::CollectGarbageResponse garbage;
  v1::GetLineageResponse lineage;
  // How many of the next calls find nobody: CreateRun and RetryRun.
  int calls_away = 0;

  // What streams do, one after the other.
  std::deque<std::vector<FeedItem>> scripts;

  // What was asked, in order.
  std::vector<v1::RunRequest> run_requests;
  std::vector<v1::WatchRunRequest> watch_requests;
  std::vector<v1::ListRunsRequest> list_requests;
  std::vector<v1::ApplyPipelineRequest> apply_requests;
  std::vector<v1::CollectGarbageRequest> garbage_requests;
  std::vector<v1::PinArtifactRequest> pin_requests;
  std::vector<std::string> cancelled;
  std::vector<std::string> paused;
  std::vector<std::string> resumed;
  std::vector<std::string> retried;
  std::vector<std::string> deleted;

 private:
  const v1::Run* Find(const std::string& run_id) const;
  std::unique_ptr<RunFeed> NextScript();

  FakeClock& clock_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_TESTING_FAKE_ORCHESTRATOR_CLIENT_H_
