// What a run needs next: a pure function of its record and the time. It reads
// no clock, does no I/O, and the same input always gives the same answer; the
// engine carries the answer out.

#ifndef ORCHESTRATOR_ENGINE_DECIDE_H_
#define ORCHESTRATOR_ENGINE_DECIDE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/engine/transitions.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// How long attempts may take to end after their run was stopped; then they are
// given up, so that no run waits for ever for a replica that does not answer.
inline constexpr absl::Duration kStopGrace = absl::Seconds(15);

// What is known of a step's running attempt beyond the record.
struct LiveAttempt {
  std::string replica;        // whose slot is held; empty: none
  bool cancel_sent = false;   // the replica was asked to stop it
  bool joined_again = false;  // the stream broke once and was taken up again
  absl::Duration handed_over = absl::ZeroDuration();  // Clock::Elapsed()
};

// What the decision is made from. References must outlive the call.
struct RunView {
  const v1::Run& run;
  // For each step, the positions of the steps that it depends on.
  const std::vector<std::vector<int>>& dependencies;
  // For each step, its running attempt.
  const std::vector<LiveAttempt>& live;
  // When the run was stopped; InfiniteFuture if it was not.
  absl::Time stop_time = absl::InfiniteFuture();
};

// What is to be done now. Positions of steps, ascending.
struct Decision {
  std::vector<int> ready;          // PENDING, may be queued
  std::vector<int> waited;         // BACKING_OFF, may be queued again
  std::vector<int> queue_expired;  // QUEUED for too long: fails
  std::vector<int> stopped;        // not running, ends because the run stops
  std::vector<int> cancel;         // RUNNING, its attempt is to be cancelled
  std::vector<int> abandoned;      // RUNNING, not ended in time after that

  // Set if the run is to stop: why.
  std::optional<v1::Error> stop;
  // Set if the run ends.
  std::optional<RunTrigger> end;

  // When to ask again if nothing happens before.
  absl::Time wake_at = absl::InfiniteFuture();

  // Whether there is nothing to do now.
  bool empty() const {
    return ready.empty() && waited.empty() && queue_expired.empty() &&
           stopped.empty() && cancel.empty() && abandoned.empty() &&
           !stop.has_value() && !end.has_value();
  }
};

// O(steps + dependencies).
Decision Decide(const RunView& view, absl::Time now);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_DECIDE_H_
