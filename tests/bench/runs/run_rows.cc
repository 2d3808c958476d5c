#include "tests/bench/runs/run_rows.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

constexpr int kSteps = 4;
constexpr int64_t kStart = 1'700'000'000;  // seconds since 1970

v1::Run RunOf(int64_t number, v1::RunState state) {
  v1::Run run;
  run.set_id(absl::StrCat("noop-", number));
  run.set_state(state);
  run.set_pipeline_name("noop");
  run.mutable_pipeline()->set_name("noop");
  run.mutable_pipeline()->set_version(1);
  run.mutable_pipeline()->set_digest(std::string(64, 'a'));
  run.set_volume("artifacts");
  run.set_lease_epoch(1);
  run.set_trace_parent(absl::StrCat("00-", std::string(49, 'b'), "-01"));
  run.mutable_create_time()->set_seconds(kStart + number);
  return run;
}

v1::Attempt AttemptOf(v1::AttemptState state) {
  v1::Attempt attempt;
  attempt.set_number(1);
  attempt.set_state(state);
  attempt.set_replica("127.0.0.1:50051");
  attempt.mutable_start_time()->set_seconds(kStart);
  if (state == v1::ATTEMPT_STATE_RUNNING) return attempt;
  attempt.mutable_end_time()->set_seconds(kStart);
  attempt.mutable_times()->mutable_compute()->set_nanos(9'000);
  attempt.mutable_times()->mutable_write()->set_nanos(2'000);
  attempt.mutable_dispatch()->set_nanos(90'000);
  attempt.set_build_id(std::string(20, 'c'));
  return attempt;
}

v1::RunEvent RunEventOf(v1::RunState state) {
  v1::RunEvent event;
  event.mutable_time()->set_seconds(kStart);
  event.mutable_run()->set_state(state);
  return event;
}

void AddSteps(RunWrite& write, v1::StepState state, v1::AttemptState attempt) {
  for (int i = 0; i < kSteps; ++i) {
    v1::Step step;
    step.set_name(absl::StrCat("step-", i));
    step.set_stage("noop");
    step.set_state(state);
    step.mutable_state_time()->set_seconds(kStart);
    *step.add_attempts() = AttemptOf(attempt);
    v1::RunEvent event;
    event.mutable_time()->set_seconds(kStart);
    event.mutable_step()->set_step(step.name());
    event.mutable_step()->set_state(state);
    *event.mutable_step()->mutable_attempt() = step.attempts(0);
    write.steps.push_back({i, std::move(step)});
    write.events.push_back(std::move(event));
  }
}

}  // namespace

RunWrite BeginOfRun(int64_t number) {
  RunWrite write;
  write.insert = true;
  write.run = RunOf(number, v1::RUN_STATE_RUNNING);
  write.events.push_back(RunEventOf(v1::RUN_STATE_RUNNING));
  AddSteps(write, v1::STEP_STATE_RUNNING, v1::ATTEMPT_STATE_RUNNING);
  return write;
}

RunWrite EndOfRun(int64_t number) {
  RunWrite write;
  write.run = RunOf(number, v1::RUN_STATE_SUCCEEDED);
  AddSteps(write, v1::STEP_STATE_SUCCEEDED, v1::ATTEMPT_STATE_SUCCEEDED);
  write.events.push_back(RunEventOf(v1::RUN_STATE_SUCCEEDED));
  return write;
}

}  // namespace stagecoach
