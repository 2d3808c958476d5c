// Follows one replica: connects, watches its health, asks what it is, and
// connects again when it is lost.

#ifndef ORCHESTRATOR_FLEET_REPLICA_H_
#define ORCHESTRATOR_FLEET_REPLICA_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/fleet/call_gate.h"
#include "orchestrator/fleet/replica_condition.h"
#include "services/common/base/backoff.h"
#include "services/common/base/timer_queue.h"
#include "services/common/rpc/channel.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

class ReplicaChannel;

struct ReplicaOptions {
  // How long after a lost or failed connection the next is tried.
  BackoffOptions reconnect = {absl::Milliseconds(20), absl::Seconds(1), 2.0};
  // How long Describe may take, > 0.
  absl::Duration describe_timeout = absl::Seconds(5);
  // How long one watch of its health lasts before it is renewed, > 0.
  absl::Duration watch_timeout = absl::Hours(1);
  // How channels are made.
  ChannelOptions channel;
};

// One replica, from Start to Stop. Its health stream tells at once when it
// stops serving or is gone; Describe follows each new connection.
//
// Threads:   every method may be called from any thread.
// Ownership: always held by a shared_ptr, which its calls share. The calls are
//            inside `gate`. `timers` must outlive it.
class Replica : public std::enable_shared_from_this<Replica> {
 public:
  // `on_change` is called, without a lock, after each change of condition();
  // from several threads, at times at once.
  Replica(std::string address, std::string stage, ReplicaOptions options,
          TimerQueue& timers, std::shared_ptr<CallGate> gate,
          std::function<void()> on_change);

  // Begins to connect; once.
  void Start();

  // Ends everything but the executions on its channel. Does not wait; a report
  // that is being made may still come.
  void Stop();

  const std::string& address() const { return address_; }

  // What to call it by now.
  std::shared_ptr<ReplicaChannel> channel() const;

  ReplicaCondition condition() const;

 private:
  // What a call belongs to; what comes from an earlier one is not listened to.
  using ConnectionId = uint64_t;
  using Canceller = std::function<void()>;
  // What a call shares. The pass comes first, to be let go of last.
  struct Held {
    CallGate::Pass pass;
    std::shared_ptr<Replica> self;
  };

  void Connect();
  void StartWatch(ConnectionId id);
  void StartDescribe(ConnectionId id);
  void OnHealth(ConnectionId id, bool healthy);
  void OnDescribed(ConnectionId id,
                   absl::StatusOr<v1::DescribeResponse> answer);
  void OnWatchEnded(ConnectionId id, absl::Status end);
  // Makes `cancel` what ends the call, or ends it at once if it is too late.
  void Hold(ConnectionId id, Canceller Replica::*slot, Canceller cancel)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Does `action` after a while, unless Stop comes first.
  void ScheduleLocked(absl::Duration delay,
                      std::function<void(Replica&)> action)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string address_;
  const std::string stage_;
  const ReplicaOptions options_;
  TimerQueue& timers_;
  const std::shared_ptr<CallGate> gate_;
  const std::function<void()> on_change_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<ReplicaChannel> channel_ ABSL_GUARDED_BY(mutex_);
  ReplicaFacts facts_ ABSL_GUARDED_BY(mutex_);
  Backoff backoff_ ABSL_GUARDED_BY(mutex_);
  ConnectionId connection_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  TimerQueue::TimerId timer_ ABSL_GUARDED_BY(mutex_) = 0;
  Canceller cancel_watch_ ABSL_GUARDED_BY(mutex_);
  Canceller cancel_describe_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_REPLICA_H_
