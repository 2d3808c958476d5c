#include "orchestrator/engine/active_run.h"

#include <type_traits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/engine/times.h"
#include "orchestrator/pipeline/plan.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// A result is found again under its key only if the build that the key names
// has made it.
void CheckBuild(const std::string& build_id, v1::Step& step) {
  v1::CacheLookup& lookup = *step.mutable_cache();
  const auto named = lookup.key_parts().find("build_id");
  if (named == lookup.key_parts().end() || named->second == build_id) return;
  lookup.clear_key();
  lookup.set_reason(absl::StrCat("not kept: it was made by build ", build_id,
                                 ", not by ", named->second));
}

}  // namespace

ActiveRun::ActiveRun(v1::Run run, bool inserted)
    : id_(run.id()),
      record_(std::move(run)),
      inserted_(inserted),
      told_steps_(this->run().steps_size(), {v1::STEP_STATE_UNSPECIFIED, 0}) {}

ActiveRun ActiveRun::Created(v1::Run run, std::string request_digest) {
  ActiveRun result(std::move(run), /*inserted=*/false);
  result.request_digest_ = std::move(request_digest);
  result.run_changed_ = true;
  // It needs what it was given, also before a step has read it.
  for (const auto& [name, input] : result.run().inputs()) {
    result.reads_.push_back({input.uri(), /*step=*/"", /*input=*/""});
  }
  for (int i = 0; i < result.run().steps_size(); ++i) {
    result.changed_steps_.insert(i);
    // That a step is still PENDING is no news.
    result.told_steps_[i] = {v1::STEP_STATE_PENDING, 0};
  }
  return result;
}

ActiveRun ActiveRun::Recovered(v1::Run run) {
  ActiveRun result(std::move(run), /*inserted=*/true);
  result.run_changed_ = true;
  result.told_run_ = result.run().state();
  for (int i = 0; i < result.run().steps_size(); ++i) {
    const v1::Step& step = result.run().steps(i);
    result.told_steps_[i] = {step.state(), step.attempts_size()};
  }
  return result;
}

ActiveRun::Working& ActiveRun::working() const {
  if (working_ == nullptr) {
    const auto steps = static_cast<size_t>(run().steps_size());
    working_ = std::make_unique<Working>(
        Working{Dependencies(run().pipeline()), std::vector<LiveAttempt>(steps),
                std::vector<LiveLookup>(steps)});
  }
  return *working_;
}

void ActiveRun::Pack() {
  if (changed() || !untaken_events_.empty()) return;
  if (working_ != nullptr) {
    const auto is_idle = [](const auto& each) {
      return each == std::decay_t<decltype(each)>();
    };
    if (!absl::c_all_of(working_->live, is_idle) ||
        !absl::c_all_of(working_->lookups, is_idle)) {
      return;
    }
    working_ = nullptr;
  }
  record_.Pack();
}

std::string ActiveRun::ExecutionId(int step) const {
  return absl::StrCat(id_, "/", run().steps(step).name(), "/",
                      run().steps(step).attempts_size());
}

bool ActiveRun::IsRunning(int step, int number) const {
  const v1::Step& record = run().steps(step);
  return record.state() == v1::STEP_STATE_RUNNING &&
         record.attempts_size() == number;
}

v1::Attempt* ActiveRun::LastAttempt(int step) {
  v1::Step* record = record_.run().mutable_steps(step);
  return record->mutable_attempts(record->attempts_size() - 1);
}

absl::Status ActiveRun::MoveStep(int step, StepTrigger trigger,
                                 absl::Time now) {
  v1::Step* record = record_.run().mutable_steps(step);
  SC_ASSIGN_OR_RETURN(const v1::StepState next, Next(record->state(), trigger),
                      "step ", record->name());
  record->set_state(next);
  *record->mutable_state_time() = ToTimestamp(now);
  if (next == v1::STEP_STATE_QUEUED && !record->has_ready_time()) {
    *record->mutable_ready_time() = ToTimestamp(now);
  }
  if (next != v1::STEP_STATE_BACKING_OFF) record->clear_next_attempt_time();
  changed_steps_.insert(step);
  return absl::OkStatus();
}

absl::Status ActiveRun::FailStep(int step, const absl::Status& why,
                                 absl::Time now) {
  SC_RETURN_IF_ERROR(MoveStep(step, StepTrigger::kFailed, now));
  *record_.run().mutable_steps(step)->mutable_error() = ToError(why);
  return absl::OkStatus();
}

void ActiveRun::SetCacheKey(int step, const v1::CacheLookup& key) {
  *record_.run().mutable_steps(step)->mutable_cache() = key;
}

void ActiveRun::SetCacheLookup(int step, const v1::CacheLookup& lookup) {
  *record_.run().mutable_steps(step)->mutable_cache() = lookup;
  changed_steps_.insert(step);
}

void ActiveRun::LeaveWork(int step) {
  if (run().steps(step).has_cache()) changed_steps_.insert(step);
}

absl::Status ActiveRun::Reuse(int step, const v1::CacheLookup& lookup,
                              const std::vector<v1::Artifact>& outputs,
                              absl::Time now) {
  SC_RETURN_IF_ERROR(MoveStep(step, StepTrigger::kReused, now));
  v1::Step* record = record_.run().mutable_steps(step);
  *record->mutable_cache() = lookup;
  record->set_reused_from_run(lookup.run_id());
  record->mutable_outputs()->Assign(outputs.begin(), outputs.end());
  return absl::OkStatus();
}

absl::Status ActiveRun::StartAttempt(int step, const std::string& replica,
                                     absl::Time now) {
  if (run().state() == v1::RUN_STATE_PENDING) {
    SC_RETURN_IF_ERROR(Move(RunTrigger::kStepStarted));
    *record_.run().mutable_start_time() = ToTimestamp(now);
  }
  SC_RETURN_IF_ERROR(MoveStep(step, StepTrigger::kStarted, now));
  v1::Step* record = record_.run().mutable_steps(step);
  record->clear_error();
  v1::Attempt* attempt = record->add_attempts();
  attempt->set_number(record->attempts_size());
  attempt->set_state(v1::ATTEMPT_STATE_RUNNING);
  attempt->set_replica(replica);
  *attempt->mutable_start_time() = ToTimestamp(now);
  live(step) = LiveAttempt{.replica = replica};
  RecordReads(step);
  return absl::OkStatus();
}

void ActiveRun::RecordReads(int step) {
  // Once is enough: every attempt reads the same artifacts.
  if (run().steps(step).attempts_size() > 1) return;
  const absl::StatusOr<Artifacts> inputs = StepInputs(run(), step);
  if (!inputs.ok()) return;  // the attempt itself will say so
  for (const auto& [name, artifact] : *inputs) {
    reads_.push_back({artifact.uri(), run().steps(step).name(), name});
  }
}

absl::Status ActiveRun::SucceedAttempt(int step,
                                       const v1::ExecutionResult& result,
                                       absl::Duration dispatch,
                                       absl::Time now) {
  SC_RETURN_IF_ERROR(MoveStep(step, StepTrigger::kSucceeded, now));
  FinishAttempt(step, AttemptTrigger::kSucceeded, absl::OkStatus(), dispatch,
                now);
  v1::Attempt* attempt = LastAttempt(step);
  *attempt->mutable_times() = result.times();
  *attempt->mutable_metrics() = result.metrics();
  attempt->set_build_id(result.build_id());
  v1::Step* record = record_.run().mutable_steps(step);
  *record->mutable_outputs() = result.outputs();
  if (record->has_cache()) CheckBuild(result.build_id(), *record);
  return absl::OkStatus();
}

absl::Status ActiveRun::EndAttempt(int step, const Outcome& outcome,
                                   const absl::Status& why,
                                   absl::Duration dispatch, absl::Duration wait,
                                   absl::Time now) {
  SC_RETURN_IF_ERROR(MoveStep(step, outcome.step, now));
  FinishAttempt(step, outcome.attempt, why, dispatch, now);
  v1::Step* record = record_.run().mutable_steps(step);
  *record->mutable_error() = ToError(why);
  if (outcome.step == StepTrigger::kRetry) {
    *record->mutable_next_attempt_time() = ToTimestamp(now + wait);
  }
  return absl::OkStatus();
}

void ActiveRun::FinishAttempt(int step, AttemptTrigger trigger,
                              const absl::Status& why, absl::Duration dispatch,
                              absl::Time now) {
  v1::Attempt* attempt = LastAttempt(step);
  attempt->set_state(EndOf(trigger));
  *attempt->mutable_end_time() = ToTimestamp(now);
  *attempt->mutable_dispatch() = ToProtoDuration(dispatch);
  if (!why.ok()) *attempt->mutable_error() = ToError(why);
  live(step) = LiveAttempt{};
}

absl::Status ActiveRun::Move(RunTrigger trigger) {
  SC_ASSIGN_OR_RETURN(const v1::RunState next, Next(run().state(), trigger));
  record_.run().set_state(next);
  run_changed_ = true;
  return absl::OkStatus();
}

absl::Status ActiveRun::Pause() { return Move(RunTrigger::kPaused); }

absl::Status ActiveRun::Resume() {
  return Move(run().has_start_time() ? RunTrigger::kResumed
                                     : RunTrigger::kResumedUnstarted);
}

absl::Status ActiveRun::Stop(const v1::Error& why) {
  SC_RETURN_IF_ERROR(Move(RunTrigger::kStopRequested));
  *record_.run().mutable_error() = why;
  return absl::OkStatus();
}

absl::Status ActiveRun::End(RunTrigger trigger, absl::Time now) {
  Artifacts outputs;
  if (trigger == RunTrigger::kStepsSucceeded) {
    SC_ASSIGN_OR_RETURN(outputs, RunOutputs(run()));
  }
  SC_RETURN_IF_ERROR(Move(trigger));
  record_.run().clear_holder();
  *record_.run().mutable_end_time() = ToTimestamp(now);
  *record_.run().mutable_times() = RunTimesOf(run());
  *record_.run().mutable_outputs() = std::move(outputs);
  return absl::OkStatus();
}

v1::RunEvent ActiveRun::StepEvent(int step, absl::Time now) const {
  const v1::Step& record = run().steps(step);
  v1::RunEvent event;
  *event.mutable_time() = ToTimestamp(now);
  v1::StepStateChange* change = event.mutable_step();
  change->set_step(record.name());
  change->set_state(record.state());
  if (record.attempts_size() > 0) {
    *change->mutable_attempt() = record.attempts(record.attempts_size() - 1);
  }
  if (record.state() == v1::STEP_STATE_SUCCEEDED) {
    *change->mutable_outputs() = record.outputs();
  }
  if (record.has_error()) *change->mutable_error() = record.error();
  return event;
}

v1::Run ActiveRun::CopyForWrite() {
  v1::Run& run = record_.run();
  // Steps and specification are the bulk of a run, and are not part of it.
  google::protobuf::RepeatedPtrField<v1::Step> steps;
  steps.Swap(run.mutable_steps());
  v1::Pipeline* pipeline = inserted_ ? run.release_pipeline() : nullptr;
  v1::Run copy = run;
  if (inserted_) run.set_allocated_pipeline(pipeline);
  steps.Swap(run.mutable_steps());
  return copy;
}

RunWrite ActiveRun::TakeWrite(absl::Time now) {
  RunWrite write;
  write.insert = !inserted_;
  write.run = CopyForWrite();
  write.request_digest = request_digest_;
  write.events = std::exchange(untaken_events_, {});
  // The order of one run's events: what its steps did, then what that made of
  // the run; but a run exists, or is resumed, before its steps do anything.
  const bool starts = told_run_ == v1::RUN_STATE_UNSPECIFIED ||
                      told_run_ == v1::RUN_STATE_PENDING ||
                      told_run_ == v1::RUN_STATE_PAUSED;
  v1::RunEvent run_event;
  if (run().state() != told_run_) {
    *run_event.mutable_time() = ToTimestamp(now);
    run_event.mutable_run()->set_state(run().state());
    if (run().has_error()) {
      *run_event.mutable_run()->mutable_error() = run().error();
    }
  }
  if (run_event.has_run() && starts) write.events.push_back(run_event);
  for (const int step : changed_steps_) {
    const v1::Step& record = run().steps(step);
    write.steps.push_back({step, record});
    const std::pair<v1::StepState, int> now_told = {record.state(),
                                                    record.attempts_size()};
    if (std::exchange(told_steps_[step], now_told) != now_told) {
      write.events.push_back(StepEvent(step, now));
    }
  }
  if (run_event.has_run() && !starts) write.events.push_back(run_event);
  write.reads = std::exchange(reads_, {});
  told_run_ = run().state();
  run_changed_ = false;
  changed_steps_.clear();
  inserted_ = true;
  return write;
}

void ActiveRun::Untake(RunWrite write) {
  inserted_ = !write.insert;
  run_changed_ = true;
  for (const RunWrite::StepWrite& step : write.steps) {
    changed_steps_.insert(step.index);
  }
  untaken_events_ = std::move(write.events);
  reads_ = std::move(write.reads);
}

}  // namespace stagecoach
