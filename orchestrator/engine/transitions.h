// The states of runs, steps and attempts, and every move between them, as
// tables. Nothing else changes a state.

#ifndef ORCHESTRATOR_ENGINE_TRANSITIONS_H_
#define ORCHESTRATOR_ENGINE_TRANSITIONS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/contract/states.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

enum class RunTrigger {
  kStepStarted,       // the first attempt was handed to a replica
  kPaused,            // nothing new may start
  kResumed,           // it may again, after the run's first attempt
  kResumedUnstarted,  // it may again, before the run's first attempt
  kStopRequested,     // cancelled, a step failed, or the run took too long
  kStepsSucceeded,    // every step has succeeded
  kStoppedByUser,     // every step is terminal after a cancellation
  kStoppedByFailure   // every step is terminal after a failure
};

enum class StepTrigger {
  kReady,      // every step that it depends on has succeeded
  kReused,     // an equal step's result was taken over
  kHeld,       // the run was paused before an attempt started
  kStarted,    // an attempt was handed to a replica
  kSucceeded,  // its attempt succeeded
  kRetry,      // its attempt ended badly, another follows after a wait
  kLost,       // its attempt was lost; it waits for a slot again at once
  kWaited,     // the wait before the next attempt is over
  kFailed,     // for good
  kStopped     // the run stops
};

enum class AttemptTrigger { kSucceeded, kFailed, kLost, kCancelled };

template <typename State, typename Trigger>
struct Move {
  State from;
  Trigger trigger;
  State to;
};

using RunMove = Move<v1::RunState, RunTrigger>;
using StepMove = Move<v1::StepState, StepTrigger>;

// The whole tables, for tests and for the diagram in ARCHITECTURE.md.
absl::Span<const RunMove> RunMoves();
absl::Span<const StepMove> StepMoves();

absl::string_view TriggerName(RunTrigger trigger);
absl::string_view TriggerName(StepTrigger trigger);

// The state that follows. INTERNAL: the table has no such move.
absl::StatusOr<v1::RunState> Next(v1::RunState from, RunTrigger trigger);
absl::StatusOr<v1::StepState> Next(v1::StepState from, StepTrigger trigger);

// The end of a running attempt.
v1::AttemptState EndOf(AttemptTrigger trigger);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_TRANSITIONS_H_
