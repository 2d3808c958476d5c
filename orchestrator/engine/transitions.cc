#include "orchestrator/engine/transitions.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

constexpr RunMove kRunMoves[] = {
    {v1::RUN_STATE_PENDING, RunTrigger::kStepStarted, v1::RUN_STATE_RUNNING},
    {v1::RUN_STATE_PENDING, RunTrigger::kPaused, v1::RUN_STATE_PAUSED},
    {v1::RUN_STATE_PENDING, RunTrigger::kStopRequested, v1::RUN_STATE_STOPPING},
    {v1::RUN_STATE_PENDING, RunTrigger::kStepsSucceeded,
     v1::RUN_STATE_SUCCEEDED},
    {v1::RUN_STATE_RUNNING, RunTrigger::kPaused, v1::RUN_STATE_PAUSED},
    {v1::RUN_STATE_RUNNING, RunTrigger::kStopRequested, v1::RUN_STATE_STOPPING},
    {v1::RUN_STATE_RUNNING, RunTrigger::kStepsSucceeded,
     v1::RUN_STATE_SUCCEEDED},
    {v1::RUN_STATE_PAUSED, RunTrigger::kResumed, v1::RUN_STATE_RUNNING},
    {v1::RUN_STATE_PAUSED, RunTrigger::kResumedUnstarted,
     v1::RUN_STATE_PENDING},
    {v1::RUN_STATE_PAUSED, RunTrigger::kStopRequested, v1::RUN_STATE_STOPPING},
    {v1::RUN_STATE_PAUSED, RunTrigger::kStepsSucceeded,
     v1::RUN_STATE_SUCCEEDED},
    {v1::RUN_STATE_STOPPING, RunTrigger::kStoppedByUser,
     v1::RUN_STATE_CANCELLED},
    {v1::RUN_STATE_STOPPING, RunTrigger::kStoppedByFailure,
     v1::RUN_STATE_FAILED},
};

constexpr StepMove kStepMoves[] = {
    {v1::STEP_STATE_PENDING, StepTrigger::kReady, v1::STEP_STATE_QUEUED},
    {v1::STEP_STATE_PENDING, StepTrigger::kReused, v1::STEP_STATE_SUCCEEDED},
    {v1::STEP_STATE_PENDING, StepTrigger::kFailed, v1::STEP_STATE_FAILED},
    {v1::STEP_STATE_PENDING, StepTrigger::kStopped, v1::STEP_STATE_SKIPPED},
    {v1::STEP_STATE_QUEUED, StepTrigger::kHeld, v1::STEP_STATE_PENDING},
    {v1::STEP_STATE_QUEUED, StepTrigger::kStarted, v1::STEP_STATE_RUNNING},
    {v1::STEP_STATE_QUEUED, StepTrigger::kFailed, v1::STEP_STATE_FAILED},
    {v1::STEP_STATE_QUEUED, StepTrigger::kStopped, v1::STEP_STATE_CANCELLED},
    {v1::STEP_STATE_RUNNING, StepTrigger::kSucceeded, v1::STEP_STATE_SUCCEEDED},
    {v1::STEP_STATE_RUNNING, StepTrigger::kRetry, v1::STEP_STATE_BACKING_OFF},
    {v1::STEP_STATE_RUNNING, StepTrigger::kLost, v1::STEP_STATE_QUEUED},
    {v1::STEP_STATE_RUNNING, StepTrigger::kFailed, v1::STEP_STATE_FAILED},
    {v1::STEP_STATE_RUNNING, StepTrigger::kStopped, v1::STEP_STATE_CANCELLED},
    {v1::STEP_STATE_BACKING_OFF, StepTrigger::kWaited, v1::STEP_STATE_QUEUED},
    {v1::STEP_STATE_BACKING_OFF, StepTrigger::kFailed, v1::STEP_STATE_FAILED},
    {v1::STEP_STATE_BACKING_OFF, StepTrigger::kStopped,
     v1::STEP_STATE_CANCELLED},
};

template <typename Table, typename State, typename Trigger>
absl::StatusOr<State> Find(const Table& table, State from, Trigger trigger,
                           absl::string_view from_name) {
  for (const Move<State, Trigger>& move : table) {
    if (move.from == from && move.trigger == trigger) return move.to;
  }
  return absl::InternalError(absl::StrCat("no move from ", from_name, " on '",
                                          TriggerName(trigger), "'"));
}

}  // namespace

absl::Span<const RunMove> RunMoves() { return kRunMoves; }
absl::Span<const StepMove> StepMoves() { return kStepMoves; }

absl::string_view TriggerName(RunTrigger trigger) {
  switch (trigger) {
    case RunTrigger::kStepStarted:
      return "a step started";
    case RunTrigger::kPaused:
      return "paused";
    case RunTrigger::kResumed:
      return "resumed";
    case RunTrigger::kResumedUnstarted:
      return "resumed before its start";
    case RunTrigger::kStopRequested:
      return "stop requested";
    case RunTrigger::kStepsSucceeded:
      return "every step succeeded";
    case RunTrigger::kStoppedByUser:
      return "stopped on request";
    case RunTrigger::kStoppedByFailure:
      return "stopped by a failure";
  }
  return "unknown";
}

absl::string_view TriggerName(StepTrigger trigger) {
  switch (trigger) {
    case StepTrigger::kReady:
      return "ready";
    case StepTrigger::kReused:
      return "result taken over";
    case StepTrigger::kHeld:
      return "held by a pause";
    case StepTrigger::kStarted:
      return "attempt started";
    case StepTrigger::kSucceeded:
      return "attempt succeeded";
    case StepTrigger::kRetry:
      return "attempt failed, to be retried";
    case StepTrigger::kLost:
      return "attempt lost";
    case StepTrigger::kWaited:
      return "wait over";
    case StepTrigger::kFailed:
      return "failed for good";
    case StepTrigger::kStopped:
      return "run stops";
  }
  return "unknown";
}

absl::StatusOr<v1::RunState> Next(v1::RunState from, RunTrigger trigger) {
  return Find(kRunMoves, from, trigger, v1::RunState_Name(from));
}

absl::StatusOr<v1::StepState> Next(v1::StepState from, StepTrigger trigger) {
  return Find(kStepMoves, from, trigger, v1::StepState_Name(from));
}

v1::AttemptState EndOf(AttemptTrigger trigger) {
  switch (trigger) {
    case AttemptTrigger::kSucceeded:
      return v1::ATTEMPT_STATE_SUCCEEDED;
    case AttemptTrigger::kFailed:
      return v1::ATTEMPT_STATE_FAILED;
    case AttemptTrigger::kLost:
      return v1::ATTEMPT_STATE_LOST;
    case AttemptTrigger::kCancelled:
      return v1::ATTEMPT_STATE_CANCELLED;
  }
  return v1::ATTEMPT_STATE_UNSPECIFIED;
}

}  // namespace stagecoach
