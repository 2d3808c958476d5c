// Serves a stage over gRPC: stage.proto's promises, on the callback API.

#ifndef SERVICES_COMMON_STAGEKIT_STAGE_SERVICE_H_
#define SERVICES_COMMON_STAGEKIT_STAGE_SERVICE_H_

#include <prometheus/registry.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/volume_map.h"
#include "services/common/base/bounded_executor.h"
#include "services/common/base/clock.h"
#include "services/common/base/timer_queue.h"
#include "services/common/stagekit/checked_request.h"
#include "services/common/stagekit/execution.h"
#include "services/common/stagekit/execution_log.h"
#include "services/common/stagekit/execution_registry.h"
#include "services/common/stagekit/execution_runner.h"
#include "services/common/stagekit/phase_clock.h"
#include "services/common/stagekit/stage.h"
#include "services/common/stagekit/stage_metrics.h"
#include "stagecoach/v1/stage.grpc.pb.h"

namespace stagecoach {

struct StageServiceOptions {
  // Executions at once, 1 to 1024. More than the cores makes each slower.
  int slots = 1;
  // How long an execution goes on with nobody watching it, > 0.
  absl::Duration orphan_timeout = absl::Seconds(60);
  // What callers are told to wait when every slot is taken, >= 0.
  absl::Duration retry_after = absl::Milliseconds(100);
  // Ended executions that are remembered, >= 0.
  size_t ended_capacity = 1024;

  // INVALID_ARGUMENT naming the field.
  absl::Status Validate() const;
};

// What a service needs of its process. All of it must outlive the service.
struct StageServiceDependencies {
  ArtifactStore& store;
  const VolumeMap& volumes;
  TimerQueue& timers;
  const Clock& clock;
  prometheus::Registry& registry;
};

// Executions run on threads of the service's own, one a slot; gRPC's threads
// never wait for a volume.
//
// Threads:   every method may be called from any thread.
// Ownership: `stage` must outlive it; it must outlive its server. Stop in this
//            order: StopAdmitting, AwaitIdle, StopRunning, the server's
//            Shutdown, the destructor.
class StageService final : public v1::StageService::CallbackService {
 public:
  // `description` is the stage's, valid (ValidateDescription), `options` too.
  StageService(Stage& stage, v1::StageDescription description,
               StageServiceOptions options,
               const StageServiceDependencies& dependencies);
  ~StageService() override;

  // The RPCs, as stage.proto says.
  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest* request,
                                     v1::DescribeResponse* response) override;
  grpc::ServerWriteReactor<v1::ExecuteResponse>* Execute(
      grpc::CallbackServerContext* context,
      const v1::ExecuteRequest* request) override;
  grpc::ServerUnaryReactor* Cancel(grpc::CallbackServerContext* context,
                                   const v1::CancelRequest* request,
                                   v1::CancelResponse* response) override;

  // What Execute does, for whoever passes the reports on: `watcher` is told the
  // end exactly once, perhaps from within, unless Leave takes it off before.
  // `call_timeout` bounds a request without a time-out of its own; infinite: it
  // does not. Returns the execution, for Leave; null: it has been refused or
  // is looked for among those of the past.
  std::shared_ptr<Execution> Join(const v1::ExecuteRequest& request,
                                  absl::Duration call_timeout,
                                  absl::string_view trace_parent,
                                  std::shared_ptr<ExecutionWatcher> watcher);
  // Takes a watcher off, whose stream broke. An execution that nobody watches
  // is stopped after the orphan time-out.
  void Leave(const std::shared_ptr<Execution>& execution,
             const ExecutionWatcher* watcher);

  // New executions are refused as UNAVAILABLE from now on.
  void StopAdmitting();
  // Waits until nothing runs; false if that takes longer than `timeout`.
  bool AwaitIdle(absl::Duration timeout);
  // Asks what runs to save its work and end as UNAVAILABLE.
  void StopRunning();

  // Waits until the logs of what has ended are written; false if that takes
  // longer than `timeout`, because a volume hangs.
  bool AwaitLogs(absl::Duration timeout);

  int running() const { return registry_.running(); }
  // For the streams of sessions: sends what ends, so that short executions that
  // end together are told in one message, and none waits for another's end.
  BoundedExecutor& sender() { return sender_; }
  StageMetrics& metrics() { return metrics_; }

 private:
  void Start(const std::shared_ptr<Execution>& execution,
             CheckedRequest request, PhaseClock phases);
  // On a slot's thread.
  void Run(const std::shared_ptr<Execution>& execution,
           const CheckedRequest& request, PhaseClock phases);
  // Null if the request asks for none.
  std::shared_ptr<ExecutionLog> OpenLog(const CheckedRequest& request);
  // Answers from what was published before; with `refusal` if nothing was.
  void ReplayOrRefuse(CheckedRequest request,
                      const std::shared_ptr<ExecutionWatcher>& watcher,
                      absl::Status refusal);
  absl::Status CancelExecution(const v1::CancelRequest& request);
  void CountRefusal(const absl::Status& refusal);

  const v1::StageDescription description_;
  const StageServiceOptions options_;
  const VolumeMap& volumes_;
  TimerQueue& timers_;
  const Clock& clock_;
  StageMetrics metrics_;
  ExecutionRunner runner_;
  ExecutionRegistry registry_;
  const std::shared_ptr<BoundedExecutor> logs_;  // writes logs
  BoundedExecutor sender_;
  BoundedExecutor replays_;  // looks for published manifests
  BoundedExecutor slots_;    // last: its threads use the others
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_STAGE_SERVICE_H_
