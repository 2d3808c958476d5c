#include "orchestrator/cli/render/run_view.h"

#include <algorithm>
#include <utility>

#include "services/common/contract/proto_time.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

v1::Step* MutableStep(v1::Run& run, absl::string_view name) {
  for (v1::Step& step : *run.mutable_steps()) {
    if (step.name() == name) return &step;
  }
  return nullptr;
}

void UpsertAttempt(const v1::Attempt& attempt, v1::Step& step) {
  for (v1::Attempt& known : *step.mutable_attempts()) {
    if (known.number() == attempt.number()) {
      known.MergeFrom(attempt);
      return;
    }
  }
  *step.add_attempts() = attempt;
}

void ApplyRunChange(const v1::RunEvent& event, v1::Run& run) {
  const v1::RunStateChange& change = event.run();
  run.set_state(change.state());
  if (change.has_error()) *run.mutable_error() = change.error();
  if (change.state() == v1::RUN_STATE_RUNNING && !run.has_start_time()) {
    *run.mutable_start_time() = event.time();
  }
  if (IsTerminal(change.state())) *run.mutable_end_time() = event.time();
}

void ApplyStepChange(const v1::RunEvent& event, v1::Run& run) {
  const v1::StepStateChange& change = event.step();
  v1::Step* step = MutableStep(run, change.step());
  if (step == nullptr) return;
  step->set_state(change.state());
  *step->mutable_state_time() = event.time();
  if (change.state() == v1::STEP_STATE_QUEUED && !step->has_ready_time()) {
    *step->mutable_ready_time() = event.time();
  }
  if (change.has_attempt()) UpsertAttempt(change.attempt(), *step);
  if (change.outputs_size() > 0) *step->mutable_outputs() = change.outputs();
  step->clear_error();
  if (change.has_error()) *step->mutable_error() = change.error();
  // A new attempt starts its progress anew; a finished step keeps its last
  // report, which is shown beside it.
  if (change.state() == v1::STEP_STATE_RUNNING) step->clear_progress();
}

void ApplyProgress(const v1::AttemptProgress& report, v1::Run& run) {
  v1::Step* step = MutableStep(run, report.step());
  if (step == nullptr || step->state() != v1::STEP_STATE_RUNNING) return;
  const v1::Attempt* attempt = LastAttempt(*step);
  if (attempt != nullptr && report.attempt() < attempt->number()) return;
  *step->mutable_progress() = report.progress();
}

}  // namespace

v1::Run AtCreation(v1::Run run) {
  run.set_state(v1::RUN_STATE_PENDING);
  run.clear_error();
  run.clear_start_time();
  run.clear_end_time();
  run.clear_outputs();
  run.clear_times();
  for (v1::Step& step : *run.mutable_steps()) {
    // A step taken over from another run had ended before this one began.
    if (!step.reused_from_run().empty()) continue;
    v1::Step blank;
    blank.set_name(step.name());
    blank.set_stage(step.stage());
    blank.set_state(v1::STEP_STATE_PENDING);
    step = std::move(blank);
  }
  return run;
}

void ApplyEvent(const v1::RunEvent& event, v1::Run& run) {
  switch (event.event_case()) {
    case v1::RunEvent::kRun:
      return ApplyRunChange(event, run);
    case v1::RunEvent::kStep:
      return ApplyStepChange(event, run);
    case v1::RunEvent::kProgress:
      return ApplyProgress(event.progress(), run);
    case v1::RunEvent::EVENT_NOT_SET:
      return;
  }
}

const v1::Step* FindStep(const v1::Run& run, absl::string_view name) {
  for (const v1::Step& step : run.steps()) {
    if (step.name() == name) return &step;
  }
  return nullptr;
}

const v1::Attempt* LastAttempt(const v1::Step& step) {
  if (step.attempts().empty()) return nullptr;
  return &step.attempts(step.attempts_size() - 1);
}

absl::Duration RunTime(const v1::Run& run, absl::Time now) {
  if (run.times().has_wall()) return FromProtoDuration(run.times().wall());
  if (!run.has_create_time()) return absl::ZeroDuration();
  const absl::Time end =
      run.has_end_time() ? FromTimestamp(run.end_time()) : now;
  return std::max(absl::ZeroDuration(), end - FromTimestamp(run.create_time()));
}

std::optional<absl::Duration> AttemptTime(const v1::Step& step,
                                          absl::Time now) {
  const v1::Attempt* attempt = LastAttempt(step);
  if (attempt == nullptr || !attempt->has_start_time()) return std::nullopt;
  const absl::Time end =
      attempt->has_end_time() ? FromTimestamp(attempt->end_time()) : now;
  return std::max(absl::ZeroDuration(),
                  end - FromTimestamp(attempt->start_time()));
}

std::optional<absl::Duration> TimeLeft(double fraction,
                                       absl::Duration elapsed) {
  if (!(fraction >= 0.02) || elapsed < absl::Milliseconds(200)) {
    return std::nullopt;
  }
  return elapsed * ((1.0 - std::min(fraction, 1.0)) / fraction);
}

}  // namespace stagecoach
