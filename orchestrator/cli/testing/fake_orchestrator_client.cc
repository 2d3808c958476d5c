#include "orchestrator/cli/testing/fake_orchestrator_client.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/sha256.h"

namespace stagecoach {
namespace {

constexpr size_t kChunk = 16;  // small, so that files come in pieces

class ScriptedFeed final : public RunFeed {
 public:
  ScriptedFeed(std::vector<FeedItem> items, FakeClock& clock)
      : items_(items.begin(), items.end()), clock_(clock) {}

  FeedItem Next(absl::Duration wait) override {
    if (items_.empty()) return absl::OkStatus();
    FeedItem item = items_.front();
    // A status ends the stream for good.
    if (!std::holds_alternative<absl::Status>(item)) items_.pop_front();
    if (std::holds_alternative<FeedIdle>(item)) clock_.Advance(wait);
    return item;
  }

 private:
  std::deque<FeedItem> items_;
  FakeClock& clock_;
};

absl::Status NoSuchRun(const std::string& run_id) {
  return absl::NotFoundError(absl::StrCat("there is no run '", run_id, "'"));
}

}  // namespace

const v1::Run* FakeOrchestratorClient::Find(const std::string& run_id) const {
  const auto run =
      std::find_if(runs.begin(), runs.end(),
                   [&](const v1::Run& each) { return each.id() == run_id; });
  return run == runs.end() ? nullptr : &*run;
}

absl::StatusOr<v1::CreateRunResponse> FakeOrchestratorClient::CreateRun(
    const v1::CreateRunRequest& request) {
  run_requests.push_back(request.run());
  if (calls_away > 0 && calls_away-- > 0) return NotReachable("away");
  v1::CreateRunResponse response;
  if (!runs.empty()) *response.mutable_run() = runs.front();
  return response;
}

absl::StatusOr<v1::GetRunResponse> FakeOrchestratorClient::GetRun(
    const v1::GetRunRequest& request) {
  const v1::Run* run = Find(request.run_id());
  if (run == nullptr) return NoSuchRun(request.run_id());
  v1::GetRunResponse response;
  *response.mutable_run() = *run;
  return response;
}

// Pages hold as many as asked for; the token is the index of the next.
absl::StatusOr<v1::ListRunsResponse> FakeOrchestratorClient::ListRuns(
    const v1::ListRunsRequest& request) {
  list_requests.push_back(request);
  size_t at = request.page_token().empty()
                  ? 0
                  : static_cast<size_t>(std::stoi(request.page_token()));
  v1::ListRunsResponse response;
  for (; at < runs.size() && response.runs_size() < request.page_size(); ++at) {
    *response.add_runs() = runs[at];
  }
  if (at < runs.size()) response.set_next_page_token(absl::StrCat(at));
  return response;
}

absl::StatusOr<v1::CancelRunResponse> FakeOrchestratorClient::CancelRun(
    const v1::CancelRunRequest& request) {
  const v1::Run* run = Find(request.run_id());
  if (run == nullptr) return NoSuchRun(request.run_id());
  cancelled.push_back(request.run_id());
  v1::CancelRunResponse response;
  *response.mutable_run() = *run;
  response.mutable_run()->set_state(v1::RUN_STATE_STOPPING);
  return response;
}

absl::StatusOr<v1::PauseRunResponse> FakeOrchestratorClient::PauseRun(
    const v1::PauseRunRequest& request) {
  const v1::Run* run = Find(request.run_id());
  if (run == nullptr) return NoSuchRun(request.run_id());
  paused.push_back(request.run_id());
  v1::PauseRunResponse response;
  *response.mutable_run() = *run;
  response.mutable_run()->set_state(v1::RUN_STATE_PAUSED);
  return response;
}

absl::StatusOr<v1::ResumeRunResponse> FakeOrchestratorClient::ResumeRun(
    const v1::ResumeRunRequest& request) {
  const v1::Run* run = Find(request.run_id());
  if (run == nullptr) return NoSuchRun(request.run_id());
  resumed.push_back(request.run_id());
  v1::ResumeRunResponse response;
  *response.mutable_run() = *run;
  response.mutable_run()->set_state(v1::RUN_STATE_RUNNING);
  return response;
}

absl::StatusOr<v1::ExplainRunResponse> FakeOrchestratorClient::ExplainRun(
    const v1::ExplainRunRequest& request) {
  if (Find(request.run_id()) == nullptr) return NoSuchRun(request.run_id());
  return explanation;
}

absl::StatusOr<v1::RetryRunResponse> FakeOrchestratorClient::RetryRun(
    const v1::RetryRunRequest& request) {
  if (calls_away > 0 && calls_away-- > 0) return NotReachable("away");
  if (Find(request.run_id()) == nullptr) return NoSuchRun(request.run_id());
  retried.push_back(request.run_id());
  v1::RetryRunResponse response;
  *response.mutable_run() = runs.front();
  return response;
}

absl::StatusOr<v1::DeleteRunResponse> FakeOrchestratorClient::DeleteRun(
    const v1::DeleteRunRequest& request) {
  deleted.push_back(request.run_id());
  return v1::DeleteRunResponse();
}

absl::StatusOr<v1::CollectGarbageResponse>
FakeOrchestratorClient::CollectGarbage(
    const v1::CollectGarbageRequest& request) {
  garbage_requests.push_back(request);
  return garbage;
}

absl::StatusOr<v1::PinArtifactResponse> FakeOrchestratorClient::PinArtifact(
    const v1::PinArtifactRequest& request) {
  pin_requests.push_back(request);
  return v1::PinArtifactResponse();
}

absl::StatusOr<v1::GetLineageResponse> FakeOrchestratorClient::GetLineage(
    const v1::GetLineageRequest&) {
  return lineage;
}

absl::StatusOr<v1::ApplyPipelineResponse> FakeOrchestratorClient::ApplyPipeline(
    const v1::ApplyPipelineRequest& request) {
  apply_requests.push_back(request);
  if (!apply_status.ok()) return apply_status;
  v1::ApplyPipelineResponse response;
  response.mutable_pipeline()->set_name("applied");
  response.mutable_pipeline()->set_version(1);
  response.set_changed(true);
  return response;
}

absl::StatusOr<v1::GetPipelineResponse> FakeOrchestratorClient::GetPipeline(
    const v1::GetPipelineRequest& request) {
  for (const v1::Pipeline& pipeline : pipelines) {
    if (pipeline.name() != request.name()) continue;
    v1::GetPipelineResponse response;
    *response.mutable_pipeline() = pipeline;
    response.set_yaml("kind: Pipeline\n");
    return response;
  }
  return absl::NotFoundError(
      absl::StrCat("there is no pipeline '", request.name(), "'"));
}

absl::StatusOr<v1::ListPipelinesResponse> FakeOrchestratorClient::ListPipelines(
    const v1::ListPipelinesRequest&) {
  v1::ListPipelinesResponse response;
  response.mutable_pipelines()->Add(pipelines.begin(), pipelines.end());
  return response;
}

absl::StatusOr<v1::ListStagesResponse> FakeOrchestratorClient::ListStages(
    const v1::ListStagesRequest&) {
  v1::ListStagesResponse response;
  response.mutable_stages()->Add(stages.begin(), stages.end());
  return response;
}

absl::StatusOr<v1::ListArtifactsResponse> FakeOrchestratorClient::ListArtifacts(
    const v1::ListArtifactsRequest& request) {
  const v1::Run* run = Find(request.run_id());
  if (run == nullptr) return NoSuchRun(request.run_id());
  v1::ListArtifactsResponse response;
  for (const v1::Step& step : run->steps()) {
    if (!request.step().empty() && request.step() != step.name()) continue;
    for (const v1::Artifact& artifact : step.outputs()) {
      v1::RecordedArtifact& recorded = *response.add_artifacts();
      *recorded.mutable_artifact() = artifact;
      recorded.set_run_id(run->id());
      recorded.set_step(step.name());
      recorded.set_attempt(1);
    }
  }
  return response;
}

std::unique_ptr<RunFeed> FakeOrchestratorClient::NextScript() {
  std::vector<FeedItem> script = {absl::UnavailableError("no script is left")};
  if (!scripts.empty()) {
    script = std::move(scripts.front());
    scripts.pop_front();
  }
  return std::make_unique<ScriptedFeed>(std::move(script), clock_);
}

std::unique_ptr<RunFeed> FakeOrchestratorClient::ExecuteRun(
    const v1::ExecuteRunRequest& request) {
  run_requests.push_back(request.run());
  return NextScript();
}

std::unique_ptr<RunFeed> FakeOrchestratorClient::WatchRun(
    const v1::WatchRunRequest& request) {
  watch_requests.push_back(request);
  return NextScript();
}

absl::Status FakeOrchestratorClient::ReadArtifact(
    const v1::ReadArtifactRequest& request,
    absl::FunctionRef<absl::Status(const v1::ReadArtifactResponse&)> take) {
  const auto file = files.find(request.uri());
  if (file == files.end()) {
    return absl::NotFoundError(absl::StrCat(request.uri(), " is not there"));
  }
  v1::ReadArtifactResponse response;
  for (const v1::Run& run : runs) {
    for (const v1::Step& step : run.steps()) {
      for (const v1::Artifact& artifact : step.outputs()) {
        if (artifact.uri() == request.uri()) {
          *response.mutable_artifact() = artifact;
        }
      }
    }
  }
  for (size_t at = 0; at < file->second.size(); at += kChunk) {
    response.set_data(file->second.substr(at, kChunk));
    const absl::Status taken = take(response);
    if (!taken.ok()) return taken;
    response.clear_artifact();
  }
  return absl::OkStatus();
}

absl::Status FakeOrchestratorClient::ReadLog(
    const v1::ReadLogRequest& request,
    absl::FunctionRef<absl::Status(const v1::ReadLogResponse&)> take) {
  const auto log = logs.find(absl::StrCat(request.run_id(), "/", request.step(),
                                          "/", std::max(1, request.attempt())));
  if (log == logs.end()) {
    return absl::NotFoundError(
        absl::StrCat("step '", request.step(), "' has written no log"));
  }
  v1::ReadLogResponse response;
  for (size_t at = 0; at < log->second.size(); at += kChunk) {
    response.set_data(log->second.substr(at, kChunk));
    const absl::Status taken = take(response);
    if (!taken.ok()) return taken;
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::UploadArtifactResponse>
FakeOrchestratorClient::UploadArtifact(
    const v1::UploadHeader& header,
    absl::FunctionRef<absl::StatusOr<std::string>()> next) {
  std::string file;
  while (true) {
    absl::StatusOr<std::string> bytes = next();
    if (!bytes.ok()) return bytes.status();
    if (bytes->empty()) break;
    file += *bytes;
  }
  v1::UploadArtifactResponse response;
  v1::Artifact& artifact = *response.mutable_artifact();
  artifact.set_name(header.file_name());
  artifact.set_uri(
      absl::StrCat("pvc://artifacts/uploads/1/", header.file_name()));
  artifact.set_sha256(Sha256Hex(file));
  artifact.set_size_bytes(static_cast<int64_t>(file.size()));
  files[artifact.uri()] = std::move(file);
  return response;
}

}  // namespace stagecoach
