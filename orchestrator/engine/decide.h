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

// How long attempts may take to end after they were cancelled; then they are
// given up, so that no run waits for ever for a replica that does not answer.
inline constexpr absl::Duration kStopGrace = absl::Seconds(15);

// What is known of a step's running attempt beyond the record.
struct LiveAttempt {
  std::string replica;        // whose slot is held; empty: none
  bool joined_again = false;  // the stream broke once and was taken up again
  absl::Duration handed_over = absl::ZeroDuration();  // Clock::Elapsed()
  // When the replica was asked to stop it; InfiniteFuture: it was not.
  absl::Time cancel_time = absl::InfiniteFuture();

  bool cancelled() const { return cancel_time != absl::InfiniteFuture(); }

  friend bool operator==(const LiveAttempt&, const LiveAttempt&) = default;
};

// How long the look-up of an earlier result may take; then the work is done.
inline constexpr absl::Duration kLookupLimit = absl::Seconds(60);

enum class CacheLookupState { kNone, kUnderWay, kDone };

// What is known beyond the record of how a step's result is looked up.
struct LiveLookup {
  CacheLookupState state = CacheLookupState::kNone;
  // While under way: when it is given up.
  absl::Time give_up = absl::InfiniteFuture();
  // When the result was made, if it was taken over.
  absl::Time made = absl::InfiniteFuture();

  friend bool operator==(const LiveLookup&, const LiveLookup&) = default;
};

// What the decision is made from. References must outlive the call.
struct RunView {
  const v1::Run& run;
  // For each step, the positions of the steps that it depends on.
  const std::vector<std::vector<int>>& dependencies;
  // For each step, its running attempt.
  const std::vector<LiveAttempt>& live;
  // For each step, the look-up of an earlier result.
  const std::vector<LiveLookup>& lookups;
  // Whether the run may start: its pipeline has few enough others under way.
  bool admitted = true;
};

// What is to be done now. Positions of steps, ascending.
struct Decision {
  std::vector<int> look_up;         // PENDING, an earlier result may serve
  std::vector<int> lookup_expired;  // PENDING, that took too long
  std::vector<int> ready;           // PENDING, may be queued
  std::vector<int> waited;          // BACKING_OFF, may be queued again
  std::vector<int> held;            // QUEUED, its run is paused
  std::vector<int> queue_expired;   // QUEUED for too long: fails
  std::vector<int> expired;         // not RUNNING, took too long in all: fails
  std::vector<int> stopped;         // not running, ends because the run stops
  std::vector<int> cancel;          // RUNNING, its attempt is to be cancelled
  std::vector<int> abandoned;       // RUNNING, not ended in time after that

  // Set if the run is to stop: why.
  std::optional<v1::Error> stop;
  // Set if the run ends.
  std::optional<RunTrigger> end;

  // When to ask again if nothing happens before.
  absl::Time wake_at = absl::InfiniteFuture();

  // Whether there is nothing to do now.
  bool empty() const {
    return look_up.empty() && lookup_expired.empty() && ready.empty() &&
           waited.empty() && held.empty() && queue_expired.empty() &&
           expired.empty() && stopped.empty() && cancel.empty() &&
           abandoned.empty() && !stop.has_value() && !end.has_value();
  }
};

// Whether a step's result may be that of an equal one, or may serve one.
bool UsesCache(const v1::Run& run, int step);

// O(steps + dependencies).
Decision Decide(const RunView& view, absl::Time now);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_DECIDE_H_
