// The Execute calls that are under way.

#ifndef ORCHESTRATOR_FLEET_EXECUTION_CALLS_H_
#define ORCHESTRATOR_FLEET_EXECUTION_CALLS_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/fleet/call_gate.h"
#include "orchestrator/fleet/fleet.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

class ReplicaChannel;
template <typename Response>
class ClientStreamCall;

// Threads:   every method may be called from any thread. Callbacks come from
//            gRPC's threads, never from within a method.
// Ownership: must outlive its calls, each of which is inside the gate by the
//            pass that it was given.
class ExecutionCalls {
 public:
  // Makes the call. `callbacks.on_end` is told:
  //   the result      the stream ended well, with one.
  //   INTERNAL        the stream ended well, without one.
  //   UNAVAILABLE     the replica was lost or not reached, or Detach.
  //   otherwise       what the stage said, or DEADLINE_EXCEEDED.
  void Start(const std::shared_ptr<ReplicaChannel>& channel,
             const v1::ExecuteRequest& request, const ExecutionOptions& options,
             ExecutionCallbacks callbacks, CallGate::Pass pass);

  // Ends every call and leaves the executions to their replicas. Does not
  // wait.
  void Detach();

 private:
  using Call = ClientStreamCall<v1::ExecuteResponse>;
  struct Execution;

  void OnMessage(Execution& execution, const v1::ExecuteResponse& message);
  void OnEnd(Execution& execution, absl::Status end);
  absl::StatusOr<v1::ExecutionResult> Conclude(Execution& execution,
                                               absl::Status end);

  absl::Mutex mutex_;
  // Null for a moment: the call is being made.
  absl::flat_hash_map<const Execution*, std::shared_ptr<Call>> open_
      ABSL_GUARDED_BY(mutex_);
  bool detached_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_EXECUTION_CALLS_H_
