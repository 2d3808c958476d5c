// The executions that are under way, by session or by a call of their own.

#ifndef ORCHESTRATOR_FLEET_EXECUTION_CALLS_H_
#define ORCHESTRATOR_FLEET_EXECUTION_CALLS_H_

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/fleet/call_gate.h"
#include "orchestrator/fleet/execution_order.h"
#include "orchestrator/fleet/fleet.h"
#include "services/common/base/timer_queue.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

class ExecutionSession;
template <typename Response>
class ClientStreamCall;

// Threads:   every method may be called from any thread. Callbacks come from
//            gRPC's threads and that of `timers`, never from within a method.
// Ownership: must outlive its calls, each of which is inside `gate`. `timers`
//            runs until those have ended.
class ExecutionCalls {
 public:
  // `sessions`: as GrpcFleetOptions.
  ExecutionCalls(bool sessions, CallGate& gate, TimerQueue& timers)
      : sessions_wanted_(sessions), gate_(gate), timers_(timers) {}

  // Has an order executed: over the session of its channel, which is opened
  // first if need be, or by a call of its own, if sessions are not wanted or
  // not served or the request is large. `callbacks.on_end` is told:
  //   the result      the execution ended well.
  //   INTERNAL        a stream of its own ended well, without one.
  //   UNAVAILABLE     the replica was lost or not reached, or Detach.
  //   otherwise       what the stage said, or DEADLINE_EXCEEDED.
  void Start(ExecutionOrder order);

  // As Fleet::HoldExecutions and SendExecutions.
  void Hold() ABSL_LOCKS_EXCLUDED(mutex_);
  void Send() ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends every call and leaves the executions to their replicas. Does not
  // wait.
  void Detach();

 private:
  using Call = ClientStreamCall<v1::ExecuteResponse>;
  struct Execution;

  // Has the session take the order, if it can, and send it, now or at Send.
  bool ExecuteOver(const std::shared_ptr<ExecutionSession>& session,
                   ExecutionOrder& order);
  // Null if the gate is closed.
  std::shared_ptr<ExecutionSession> OpenSession(
      const std::shared_ptr<ReplicaChannel>& channel);
  void ForgetSession(const ExecutionSession* session);

  void StartCall(ExecutionOrder order);
  void OnMessage(Execution& execution, const v1::ExecuteResponse& message);
  void OnEnd(Execution& execution, absl::Status end);
  absl::StatusOr<v1::ExecutionResult> Conclude(Execution& execution,
                                               absl::Status end);

  const bool sessions_wanted_;
  CallGate& gate_;
  TimerQueue& timers_;

  absl::Mutex mutex_;
  // Null for a moment: the call is being made.
  absl::flat_hash_map<const Execution*, std::shared_ptr<Call>> open_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<const ExecutionSession*,
                      std::shared_ptr<ExecutionSession>>
      sessions_ ABSL_GUARDED_BY(mutex_);
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  // Those that have something to send.
  absl::flat_hash_set<std::shared_ptr<ExecutionSession>> held_
      ABSL_GUARDED_BY(mutex_);
  bool detached_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_EXECUTION_CALLS_H_
