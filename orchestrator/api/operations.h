// Everything that the orchestrator offers, as plain calls: what the gRPC face
// (and any other) turns requests into. No transport in here.

#ifndef ORCHESTRATOR_API_OPERATIONS_H_
#define ORCHESTRATOR_API_OPERATIONS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/api/run_tails.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/export/run_exporters.h"
#include "orchestrator/fleet/fleet.h"
#include "orchestrator/retention/retention_service.h"
#include "orchestrator/store/store.h"
#include "services/common/artifact/artifact_store.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

struct OperationsOptions {
  // Names of the volumes there are; runs write to the first unless they say
  // another. At least one.
  std::vector<std::string> volumes;
  // Whether a run may be created while a stage has no serving replica: for
  // stages that are scaled to zero. It then waits in the queue.
  bool accept_without_replicas = false;
  // The largest file that may be uploaded, in bytes, >= 1.
  int64_t max_upload_bytes = int64_t{4} << 30;
  // OK if a volume answers; otherwise why not. Never waits.
  std::function<absl::Status(absl::string_view volume)> check_volume;
  // Does a task that may wait for a volume, on a thread that nobody needs who
  // does not; OK if it will.
  std::function<absl::Status(absl::AnyInvocable<void()> task)> on_volume;
  // Is told of each call that has created a run; may be null. From the
  // engine's thread; must not block.
  std::function<void(CreatingCall call, const v1::Run& run)> on_created;
};

// An artifact of which the bytes are at hand, verified.
struct OpenedArtifact {
  v1::Artifact artifact;
  ArtifactReader reader;
};

// The codes of every call are those that orchestrator.proto names.
//
// Threads:   any. Calls may wait for the store or a volume, so none but
//            CreateRunAtOnce is made on a thread of gRPC; callbacks come from
//            the engine's thread and must not block.
// Ownership: everything handed in must outlive this.
class Operations {
 public:
  Operations(Store& store, Engine& engine, RunTails& tails, Fleet& fleet,
             ArtifactStore& artifacts, RetentionService& retention,
             OperationsOptions options)
      : store_(store),
        engine_(engine),
        tails_(tails),
        fleet_(fleet),
        artifacts_(artifacts),
        retention_(retention),
        options_(std::move(options)) {}

  // Runs. `trace_parent` is the caller's `traceparent`; the run gets a span in
  // its trace, or in a new one if it is empty or malformed.
  void CreateRun(const v1::RunRequest& request, absl::string_view trace_parent,
                 Engine::RunCallback done);
  // CreateRun for a thread of gRPC, if it can do without waiting: the pipeline
  // is in memory and small enough to be planned in the time that another thread
  // would take to wake up. Otherwise false, and nothing was done.
  bool CreateRunAtOnce(const v1::RunRequest& request,
                       absl::string_view trace_parent,
                       Engine::RunCallback done);
  void ValidateRun(const v1::RunRequest& request,
                   const Engine::RunCallback& done);
  absl::StatusOr<v1::Run> GetRun(absl::string_view run_id);
  absl::StatusOr<RunPage> ListRuns(const v1::ListRunsRequest& request);
  void CancelRun(const v1::CancelRunRequest& request,
                 const Engine::RunCallback& done);
  void PauseRun(const std::string& run_id, const Engine::RunCallback& done);
  void ResumeRun(const std::string& run_id, const Engine::RunCallback& done);
  void RetryRun(const v1::RetryRunRequest& request,
                absl::string_view trace_parent,
                const Engine::RunCallback& done);
  void DeleteRun(const std::string& run_id, const Engine::StatusCallback& done);

  // Why the cache had the steps of a run, or not.
  absl::StatusOr<std::vector<v1::StepExplanation>> ExplainRun(
      const std::string& run_id);

  // Tells `watcher` the events of a run after `after_cursor` until it ends.
  // Returns a function that takes the watcher away again.
  absl::StatusOr<std::function<void()>> WatchRun(
      const std::string& run_id, int64_t after_cursor,
      const std::shared_ptr<RunWatcher>& watcher);

  // Pipelines.
  absl::StatusOr<v1::ApplyPipelineResponse> ApplyPipeline(
      const v1::ApplyPipelineRequest& request);
  absl::StatusOr<StoredPipeline> GetPipeline(absl::string_view name,
                                             int64_t version);
  absl::StatusOr<std::vector<v1::Pipeline>> ListPipelines();

  // Stages.
  std::vector<v1::StageStatus> ListStages();

  // Artifacts.
  absl::StatusOr<std::vector<v1::RecordedArtifact>> ListArtifacts(
      const v1::ListArtifactsRequest& request);
  // Also of what runs were given, which no run has made.
  absl::StatusOr<v1::GetLineageResponse> GetLineage(absl::string_view uri);
  absl::StatusOr<OpenedArtifact> OpenArtifact(absl::string_view uri);
  absl::StatusOr<std::unique_ptr<ArtifactUpload>> BeginUpload(
      v1::UploadHeader header);

  // Retention.
  void CollectGarbage(const v1::CollectGarbageRequest& request,
                      const RetentionService::Done& done);
  absl::Status PinArtifact(const v1::PinArtifactRequest& request);

  // Logs. At most a few MiB.
  absl::StatusOr<std::string> ReadLog(const v1::ReadLogRequest& request);

 private:
  absl::StatusOr<v1::StageDescription> Describe(absl::string_view stage);
  absl::StatusOr<v1::Run> Plan(const v1::RunRequest& request);
  // Null: the pipeline has to be read.
  std::shared_ptr<const StoredPipeline> NewestInMemory(
      const v1::RunRequest& request) const;
  absl::StatusOr<v1::Run> PlanOf(const v1::Pipeline& pipeline,
                                 const v1::RunRequest& request);
  void CreateRunAsPlanned(absl::StatusOr<v1::Run> run,
                          const v1::RunRequest& request,
                          absl::string_view trace_parent,
                          Engine::RunCallback done);
  absl::Status CheckVolume(absl::string_view volume) const;
  absl::Status CheckAnswers(absl::string_view uri) const;
  absl::Status CheckInputs(const v1::Run& run);
  void CheckInputsThen(v1::Run run, const Engine::RunCallback& done,
                       std::function<void(v1::Run run)> next);
  absl::Status CheckRetryAnswers(const std::string& run_id);
  absl::Status CheckServing(const v1::Run& run);
  absl::StatusOr<v1::Run> PlanRetryOf(const v1::RetryRunRequest& request);
  absl::StatusOr<bool> OutputsAreThere(const v1::Step& step);
  absl::Status AddMaker(const v1::RecordedArtifact& recorded,
                        v1::GetLineageResponse& response);
  absl::StatusOr<v1::Artifact> ArtifactOfUse(const v1::ArtifactUse& use);
  void Submit(v1::Run run, std::string digest, const Engine::RunCallback& done);
  Engine::RunCallback TellCreated(absl::string_view method,
                                  absl::string_view trace_parent,
                                  const v1::Run& run, Engine::RunCallback done);
  absl::Status ReplayEnded(const v1::Run& run, int64_t after_cursor,
                           RunWatcher& watcher);

  Store& store_;
  Engine& engine_;
  RunTails& tails_;
  Fleet& fleet_;
  ArtifactStore& artifacts_;
  RetentionService& retention_;
  const OperationsOptions options_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_OPERATIONS_H_
