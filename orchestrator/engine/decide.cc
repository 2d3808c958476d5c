#include "orchestrator/engine/decide.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/engine/outcome.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

bool AllSucceeded(const v1::Run& run, const std::vector<int>& steps) {
  return std::all_of(steps.begin(), steps.end(), [&run](int index) {
    return run.steps(index).state() == v1::STEP_STATE_SUCCEEDED;
  });
}

// Puts `index` into `due` if `time` has come, else makes the decision wake up
// then.
void Due(absl::Time time, absl::Time now, int index, std::vector<int>& due,
         Decision& decision) {
  if (now >= time) {
    due.push_back(index);
  } else {
    decision.wake_at = std::min(decision.wake_at, time);
  }
}

absl::Time QueueDeadline(const v1::Run& run, int index) {
  return FromTimestamp(run.steps(index).state_time()) +
         LimitsOf(run.pipeline().steps(index)).queue_timeout;
}

// When the step has taken too long with all its attempts and waits.
absl::Time TotalDeadline(const v1::Run& run, int index) {
  const v1::Step& step = run.steps(index);
  if (!step.has_ready_time()) return absl::InfiniteFuture();
  return FromTimestamp(step.ready_time()) +
         LimitsOf(run.pipeline().steps(index)).total_timeout;
}

// A step whose inputs are there: first an earlier result is looked up, if that
// may be, then it is queued.
void DecideReady(const RunView& view, absl::Time now, int index,
                 Decision& decision) {
  const LiveLookup& lookup = view.lookups[index];
  if (lookup.state == CacheLookupState::kUnderWay) {
    Due(lookup.give_up, now, index, decision.lookup_expired, decision);
  } else if (lookup.state == CacheLookupState::kNone &&
             UsesCache(view.run, index)) {
    decision.look_up.push_back(index);
  } else {
    decision.ready.push_back(index);
  }
}

// What a step may do that neither stops nor is out of time. A paused run
// starts nothing and lets nothing wait for a slot.
void DecideStep(const RunView& view, absl::Time now, int index,
                Decision& decision) {
  const v1::Step& step = view.run.steps(index);
  const bool paused = view.run.state() == v1::RUN_STATE_PAUSED;
  switch (step.state()) {
    case v1::STEP_STATE_PENDING:
      if (!paused && view.admitted &&
          AllSucceeded(view.run, view.dependencies[index])) {
        DecideReady(view, now, index, decision);
      }
      break;
    case v1::STEP_STATE_QUEUED:
      if (paused) {
        decision.held.push_back(index);
      } else {
        Due(QueueDeadline(view.run, index), now, index, decision.queue_expired,
            decision);
      }
      break;
    case v1::STEP_STATE_BACKING_OFF:
      if (!paused) {
        Due(FromTimestamp(step.next_attempt_time()), now, index,
            decision.waited, decision);
      }
      break;
    default:
      break;
  }
}

// Cancels a running attempt once, and gives it up if it does not end.
void EndRunning(const RunView& view, absl::Time now, int index,
                Decision& decision) {
  const LiveAttempt& live = view.live[index];
  if (live.cancelled()) {
    Due(live.cancel_time + kStopGrace, now, index, decision.abandoned,
        decision);
  } else {
    decision.cancel.push_back(index);
  }
}

void DecideWhileGoing(const RunView& view, absl::Time now, Decision& decision) {
  for (int i = 0; i < view.run.steps_size(); ++i) {
    const v1::StepState state = view.run.steps(i).state();
    if (IsTerminal(state)) continue;
    const absl::Time deadline = TotalDeadline(view.run, i);
    if (now < deadline) {
      decision.wake_at = std::min(decision.wake_at, deadline);
      DecideStep(view, now, i, decision);
    } else if (state == v1::STEP_STATE_RUNNING) {
      EndRunning(view, now, i, decision);
    } else {
      decision.expired.push_back(i);
    }
  }
}

void DecideWhileStopping(const RunView& view, absl::Time now,
                         Decision& decision) {
  for (int i = 0; i < view.run.steps_size(); ++i) {
    const v1::StepState state = view.run.steps(i).state();
    if (IsTerminal(state)) continue;
    if (state == v1::STEP_STATE_RUNNING) {
      EndRunning(view, now, i, decision);
    } else {
      decision.stopped.push_back(i);
    }
  }
}

// Why a run that is going has to stop, if it has to.
std::optional<v1::Error> ReasonToStop(const v1::Run& run, absl::Time now) {
  for (const v1::Step& step : run.steps()) {
    if (step.state() != v1::STEP_STATE_FAILED) continue;
    v1::Error error = step.error();
    error.set_message(
        absl::StrCat("step '", step.name(), "': ", error.message()));
    return error;
  }
  const absl::Duration timeout = TimeoutOf(run.pipeline());
  if (now >= FromTimestamp(run.create_time()) + timeout) {
    return ToError(absl::DeadlineExceededError(
        absl::StrCat("the run took longer than its timeout of ",
                     absl::FormatDuration(timeout))));
  }
  return std::nullopt;
}

bool EveryStep(const v1::Run& run, bool (*is)(v1::StepState)) {
  return std::all_of(run.steps().begin(), run.steps().end(),
                     [is](const v1::Step& step) { return is(step.state()); });
}

}  // namespace

bool UsesCache(const v1::Run& run, int step) {
  switch (run.cache_mode()) {
    case v1::CACHE_MODE_ON:
    case v1::CACHE_MODE_REFRESH:
      return true;
    case v1::CACHE_MODE_OFF:
      return false;
    default:
      return run.pipeline().steps(step).cache().enabled();
  }
}

Decision Decide(const RunView& view, absl::Time now) {
  Decision decision;
  const v1::Run& run = view.run;
  if (IsTerminal(run.state())) return decision;
  if (run.state() == v1::RUN_STATE_STOPPING) {
    if (EveryStep(run, IsTerminal)) {
      decision.end = run.error().code() == v1::ERROR_CODE_CANCELLED
                         ? RunTrigger::kStoppedByUser
                         : RunTrigger::kStoppedByFailure;
      return decision;
    }
    DecideWhileStopping(view, now, decision);
    return decision;
  }
  if (EveryStep(run, [](v1::StepState state) {
        return state == v1::STEP_STATE_SUCCEEDED;
      })) {
    decision.end = RunTrigger::kStepsSucceeded;
    return decision;
  }
  decision.stop = ReasonToStop(run, now);
  if (decision.stop.has_value()) return decision;
  decision.wake_at =
      FromTimestamp(run.create_time()) + TimeoutOf(run.pipeline());
  DecideWhileGoing(view, now, decision);
  return decision;
}

}  // namespace stagecoach
