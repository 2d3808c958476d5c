// The executions at one replica that share a stream (session.proto).

#ifndef ORCHESTRATOR_FLEET_EXECUTION_SESSION_H_
#define ORCHESTRATOR_FLEET_EXECUTION_SESSION_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/fleet/call_gate.h"
#include "orchestrator/fleet/execution_order.h"
#include "services/common/base/timer_queue.h"
#include "services/common/rpc/client_duplex_call.h"
#include "stagecoach/v1/session.grpc.pb.h"

namespace stagecoach {

// One stream, from Open until it ends.
//
// Threads:   every method may be called from any thread; no lock is held when
//            others are called. Callbacks come from gRPC's threads and, at a
//            deadline, from that of `timers`; never from within a method.
// Ownership: shared by the users and the stream, which holds it, and its pass,
//            until it has ended. `timers` must outlive it.
class ExecutionSession : public std::enable_shared_from_this<ExecutionSession> {
 public:
  // Is told once, last, that the stream is over. Unless `served`, the replica
  // serves no sessions, and has not seen `unserved`; all others have been told
  // their end.
  using OnOver =
      std::function<void(const ExecutionSession* session, bool served,
                         std::vector<ExecutionOrder> unserved)>;

  // Opens a stream to the replica at `address`.
  static std::shared_ptr<ExecutionSession> Open(v1::SessionService::Stub& stub,
                                                std::string address,
                                                TimerQueue& timers,
                                                CallGate::Pass pass,
                                                OnOver on_over);

  // Takes an order, to be sent at the next Send. Its `on_end` is told:
  //   the result         the execution ended well.
  //   DEADLINE_EXCEEDED  there was no end within the order's deadline.
  //   UNAVAILABLE        the replica was lost or not reached, or Cancel.
  //   otherwise          what the stage said.
  // False: it takes none any more, and has left this one as it is.
  bool Execute(ExecutionOrder& order) ABSL_LOCKS_EXCLUDED(mutex_);

  // Sends the orders taken: those that come while a message is on its way, in
  // the next.
  void Send();

  // Whether it takes orders no more.
  bool closed() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes no more orders; the stream ends after the last execution.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends the stream and leaves the executions to the replica. Does not wait.
  void Cancel() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Call =
      ClientDuplexCall<v1::ExecuteManyRequest, v1::ExecuteManyResponse>;

  // An order that has had no end yet.
  struct Entry {
    ExecutionOrder order;
    TimerQueue::TimerId timer = 0;
    // Whether `on_progress` is being called.
    bool reporting = false;
    // Its end, which came in the meantime.
    std::optional<absl::Status> overdue;
  };
  using Entries = absl::btree_map<uint64_t, std::shared_ptr<Entry>>;

  ExecutionSession(std::string address, TimerQueue& timers, OnOver on_over);

  bool Next(v1::ExecuteManyRequest& message) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnEvent(v1::SessionEvent& event) ABSL_LOCKS_EXCLUDED(mutex_);
  void Report(uint64_t id, const v1::Progress& progress)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void End(uint64_t id, absl::StatusOr<v1::ExecutionResult> end)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Expire(uint64_t id) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnDone(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  // Null if it has ended.
  std::shared_ptr<Entry> TakeLocked(uint64_t id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WhyLost(const absl::Status& end, bool cancelled) const;

  const std::string address_;
  TimerQueue& timers_;
  const OnOver on_over_;
  std::shared_ptr<Call> call_;  // constant after Open

  mutable absl::Mutex mutex_;
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::SessionCall> outgoing_ ABSL_GUARDED_BY(mutex_);
  // Whether the replica is known to serve sessions.
  bool served_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_EXECUTION_SESSION_H_
