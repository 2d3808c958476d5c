// Steps that wait for a slot, and attempts from hand-over to end.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/engine/crash_point.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/pipeline/plan.h"
#include "services/common/base/logging.h"
#include "services/common/base/trace_parent.h"
#include "services/common/contract/attempt_log.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// How much longer than the attempt itself its call may take.
constexpr absl::Duration kCallMargin = absl::Seconds(10);

absl::Duration StageTime(const v1::PhaseTimes& times) {
  return FromProtoDuration(times.queue()) + FromProtoDuration(times.read()) +
         FromProtoDuration(times.compute()) + FromProtoDuration(times.write());
}

absl::StatusOr<v1::ExecuteRequest> MakeRequest(const ActiveRun& active,
                                               int step) {
  const v1::Run& run = active.run();
  absl::StatusOr<Artifacts> inputs = StepInputs(run, step);
  if (!inputs.ok()) return inputs.status();
  const std::string place =
      absl::StrCat("pvc://", run.volume(), "/runs/", run.id(), "/",
                   run.steps(step).name(), "/");
  v1::ExecuteRequest request;
  request.set_execution_id(active.ExecutionId(step));
  request.set_lease_epoch(run.lease_epoch());
  *request.mutable_parameters() = StepParameters(run, step);
  *request.mutable_inputs() = *std::move(inputs);
  request.set_output_prefix(
      absl::StrCat(place, run.steps(step).attempts_size()));
  request.set_checkpoint_prefix(absl::StrCat(place, "checkpoint"));
  request.set_log_uri(AttemptLogUri(
      run.volume(),
      {run.id(), run.steps(step).name(), run.steps(step).attempts_size()}));
  *request.mutable_timeout() = ToProtoDuration(active.Limits(step).timeout);
  return request;
}

absl::Status TookTooLong(const ActiveRun& active, int step) {
  return absl::DeadlineExceededError(absl::StrCat(
      "the step took longer than its total timeout of ",
      absl::FormatDuration(active.Limits(step).total_timeout), " in ",
      active.run().steps(step).attempts_size(), " attempts"));
}

}  // namespace

void Engine::Queue(Active& active, int step) {
  const v1::Step& record = active.run.run().steps(step);
  const std::string& stage = record.stage();
  queues_.Push(stage, {active.run.id(), step}, active.run.run().priority(),
               FromTimestamp(record.ready_time()));
  stages_to_try_.insert(stage);
  CountWaiting(stage);
}

void Engine::Unqueue(const Active& active, int step) {
  if (queues_.Remove({active.run.id(), step})) {
    CountWaiting(active.run.run().steps(step).stage());
  }
}

void Engine::CountWaiting(const std::string& stage) {
  const int waiting = queues_.Size(stage);
  metrics_.StepsWaiting(stage, waiting, queues_.OldestReady(stage));
  absl::MutexLock lock(&waiting_mutex_);
  waiting_[stage] = waiting;
}

void Engine::DispatchQueued() {
  for (const std::string& stage : std::exchange(stages_to_try_, {})) {
    DispatchStage(stage);
  }
}

void Engine::DispatchStage(const std::string& stage) {
  while (const std::optional<StepRef> next = queues_.Front(stage)) {
    const absl::StatusOr<std::string> replica = fleet_.Acquire(stage);
    // The capacity listener says when it is worth another try.
    if (!replica.ok()) break;
    queues_.Remove(*next);
    StartAttempt(*Find(next->run_id), next->step, *replica);
  }
  CountWaiting(stage);
}

void Engine::StartAttempt(Active& active, int step,
                          const std::string& replica) {
  Check(active, active.run.StartAttempt(step, replica, Now()));
  const std::string run_id = active.run.id();
  const int number = active.run.run().steps(step).attempts_size();
  active.effects.emplace_back([this, run_id, step, number] {
    Active* started = Find(run_id);
    if (started != nullptr && started->run.IsRunning(step, number)) {
      Call(*started, step);
    }
  });
  uncommitted_.insert(run_id);
}

// Runs or joins the running attempt of a step on the replica that it has.
void Engine::Call(Active& active, int step) {
  LiveAttempt& live = active.run.live(step);
  live.handed_over = clock_.Elapsed();
  const std::string run_id = active.run.id();
  const v1::Step& record = active.run.run().steps(step);
  const int number = record.attempts_size();
  const auto post_end = [this, run_id, step,
                         number](absl::StatusOr<v1::ExecutionResult> result) {
    mailbox_.Post([this, run_id, step, number, result = std::move(result)] {
      OnEnd(run_id, step, number, result);
    });
  };
  absl::StatusOr<v1::ExecuteRequest> request = MakeRequest(active.run, step);
  if (!request.ok()) {
    post_end(request.status());
    return;
  }
  ExecutionCallbacks callbacks;
  callbacks.on_progress = [this, run_id, step,
                           number](const v1::Progress& progress) {
    mailbox_.Post([this, run_id, step, number, progress] {
      OnProgress(run_id, step, number, progress);
    });
  };
  callbacks.on_end = post_end;
  PassCrashPoint(CrashPoint::kBeforeCall);
  fleet_.Execute(record.stage(), live.replica, *std::move(request),
                 {.deadline = active.run.Limits(step).timeout + kCallMargin,
                  .trace_parent = ChildSpan(active.run.run().trace_parent(),
                                            active.run.ExecutionId(step))},
                 std::move(callbacks));
  PassCrashPoint(CrashPoint::kAfterCall);
}

void Engine::TakeUpSteps(Active& active) {
  for (int step = 0; step < active.run.run().steps_size(); ++step) {
    const v1::Step& record = active.run.run().steps(step);
    if (record.state() == v1::STEP_STATE_QUEUED) Queue(active, step);
    if (record.state() != v1::STEP_STATE_RUNNING) continue;
    const std::string& replica =
        record.attempts(record.attempts_size() - 1).replica();
    fleet_.AcquireAt(record.stage(), replica);
    active.run.live(step).replica = replica;
    const std::string run_id = active.run.id();
    active.effects.emplace_back([this, run_id, step] {
      Active* joined = Find(run_id);
      if (joined != nullptr) Call(*joined, step);
    });
  }
}

void Engine::CancelAttempt(Active& active, int step) {
  LiveAttempt& live = active.run.live(step);
  if (live.cancelled()) return;
  live.cancel_time = Now();
  v1::CancelRequest request;
  request.set_execution_id(active.run.ExecutionId(step));
  request.set_lease_epoch(active.run.run().lease_epoch());
  const std::string stage = active.run.run().steps(step).stage();
  active.effects.emplace_back(
      [this, stage, replica = live.replica, request = std::move(request)] {
        PassCrashPoint(CrashPoint::kBeforeCancel);
        fleet_.Cancel(stage, replica, request);
        PassCrashPoint(CrashPoint::kAfterCancel);
      });
}

void Engine::AbandonAttempt(Active& active, int step) {
  Log(LogLevel::kWarning, "attempt does not end, given up",
      {{"run", active.run.id()},
       {"step", active.run.run().steps(step).name()}});
  OnFailure(active, step,
            absl::CancelledError("the replica did not confirm in time that the "
                                 "cancelled attempt had ended"));
}

void Engine::ExpireQueued(Active& active, int step) {
  const v1::Step& record = active.run.run().steps(step);
  Unqueue(active, step);
  const absl::Status serving = fleet_.CheckServing(record.stage());
  const absl::StatusCode code =
      serving.ok() ? absl::StatusCode::kResourceExhausted : serving.code();
  const std::string reason = serving.ok()
                                 ? "every slot was taken; add replicas or slots"
                                 : std::string(serving.message());
  Check(active,
        active.run.FailStep(
            step,
            absl::Status(
                code, absl::StrCat("waited ",
                                   absl::FormatDuration(
                                       active.run.Limits(step).queue_timeout),
                                   " for a free slot of stage '",
                                   record.stage(), "': ", reason)),
            Now()));
}

// The step has taken too long in all, and no attempt is under way.
void Engine::ExpireStep(Active& active, int step) {
  Unqueue(active, step);
  Check(active,
        active.run.FailStep(step, TookTooLong(active.run, step), Now()));
}

void Engine::OnProgress(const std::string& run_id, int step, int attempt,
                        const v1::Progress& progress) {
  Active* active = Find(run_id);
  if (active == nullptr || !active->run.IsRunning(step, attempt)) return;
  v1::AttemptProgress report;
  report.set_step(active->run.run().steps(step).name());
  report.set_attempt(attempt);
  *report.mutable_progress() = progress;
  active->feed->Publish(report, Now());
}

void Engine::OnEnd(const std::string& run_id, int step, int attempt,
                   const absl::StatusOr<v1::ExecutionResult>& result) {
  Active* active = Find(run_id);
  if (active == nullptr || !active->run.IsRunning(step, attempt)) return;
  PassCrashPoint(CrashPoint::kResultReceived);
  if (result.ok()) {
    OnSuccess(*active, step, *result);
  } else if (absl::IsUnavailable(result.status()) &&
             !active->run.live(step).cancelled() &&
             !std::exchange(active->run.live(step).joined_again, true)) {
    // Perhaps only the stream broke: the execution waits there to be joined.
    Call(*active, step);
    return;
  } else if (absl::IsCancelled(result.status()) &&
             !active->run.live(step).cancelled()) {
    // So gRPC ends a call that comes while its server shuts down.
    OnEnd(run_id, step, attempt,
          absl::UnavailableError(absl::StrCat(
              "the replica ended it as cancelled, which nobody asked for: ",
              result.status().message())));
    return;
  } else {
    OnFailure(*active, step, result.status());
  }
  Touch(*active);
}

void Engine::OnSuccess(Active& active, int step,
                       const v1::ExecutionResult& result) {
  const LiveAttempt live = active.run.live(step);
  const v1::Step& record = active.run.run().steps(step);
  fleet_.Release(record.stage(), live.replica, absl::ZeroDuration());
  stages_to_try_.insert(record.stage());
  const absl::Duration dispatch =
      std::max(clock_.Elapsed() - live.handed_over - StageTime(result.times()),
               absl::ZeroDuration());
  Check(active, active.run.SucceedAttempt(step, result, dispatch, Now()));
  metrics_.AttemptEnded(active.run.run(), step);
}

void Engine::OnFailure(Active& active, int step, const absl::Status& error) {
  const LiveAttempt live = active.run.live(step);
  const v1::Step& record = active.run.run().steps(step);
  const StepLimits limits = active.run.Limits(step);
  // Why else would it be cancelled in a run that goes on?
  const bool too_long = live.cancelled() && !active.run.stopping();
  const absl::Status status = too_long ? TookTooLong(active.run, step) : error;
  const Outcome outcome = too_long
                              ? Outcome{}
                              : OutcomeOf(record, status, limits.max_attempts,
                                          active.run.stopping());
  fleet_.Release(record.stage(), live.replica, outcome.rest_replica);
  stages_to_try_.insert(record.stage());
  const absl::Duration wait =
      outcome.step == StepTrigger::kRetry
          ? RetryWait(limits, outcome.failures, random_())
          : absl::ZeroDuration();
  Log(LogLevel::kWarning, "attempt ended badly",
      {{"run", active.run.id()},
       {"step", record.name()},
       {"attempt", record.attempts_size()},
       {"replica", live.replica},
       {"error", status}});
  Check(active, active.run.EndAttempt(step, outcome, status,
                                      clock_.Elapsed() - live.handed_over, wait,
                                      Now()));
  metrics_.AttemptEnded(active.run.run(), step);
  if (outcome.step == StepTrigger::kLost) Queue(active, step);
}

}  // namespace stagecoach
