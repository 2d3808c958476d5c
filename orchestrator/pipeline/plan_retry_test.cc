#include "orchestrator/pipeline/plan_retry.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

// load succeeded, train failed.
v1::Run FailedRun() {
  v1::Run run;
  run.set_id("first");
  run.set_state(v1::RUN_STATE_FAILED);
  run.set_pipeline_name("airline");
  run.set_volume("artifacts");
  run.mutable_pipeline()->set_version(3);
  (*run.mutable_parameters())["lookback"].set_integer_value(4);
  (*run.mutable_inputs())["source"].set_uri("pvc://artifacts/data/a.csv");
  run.mutable_error()->set_message("step 'train' failed");
  v1::Step* load = run.add_steps();
  load->set_name("load");
  load->set_state(v1::STEP_STATE_SUCCEEDED);
  load->add_attempts()->set_number(1);
  load->add_outputs()->set_uri("pvc://artifacts/runs/first/load/1/train");
  v1::Step* train = run.add_steps();
  train->set_name("train");
  train->set_state(v1::STEP_STATE_FAILED);
  train->add_attempts()->set_number(1);
  return run;
}

TEST(PlanRetryTest, TakesOverWhatSucceededAndStartsTheRestAfresh) {
  const absl::StatusOr<v1::Run> retry = PlanRetry(FailedRun(), {});
  ASSERT_OK(retry);
  EXPECT_EQ(retry->steps(0).state(), v1::STEP_STATE_SUCCEEDED);
  EXPECT_EQ(retry->steps(0).reused_from_run(), "first");
  EXPECT_EQ(retry->steps(0).outputs_size(), 1);
  EXPECT_EQ(retry->steps(1).state(), v1::STEP_STATE_PENDING);
  EXPECT_EQ(retry->steps(1).attempts_size(), 0);
}

TEST(PlanRetryTest, KeepsSpecificationParametersAndInputs) {
  const absl::StatusOr<v1::Run> retry = PlanRetry(FailedRun(), {});
  ASSERT_OK(retry);
  EXPECT_EQ(retry->pipeline().version(), 3);
  EXPECT_EQ(retry->parameters().at("lookback").integer_value(), 4);
  EXPECT_EQ(retry->inputs().at("source").uri(), "pvc://artifacts/data/a.csv");
  EXPECT_EQ(retry->retry_of(), "first");
  EXPECT_EQ(retry->id(), "");
  EXPECT_FALSE(retry->has_error());
}

TEST(PlanRetryTest, DoesAStepAgainOfWhichTheOutputsAreGone) {
  const absl::StatusOr<v1::Run> retry = PlanRetry(FailedRun(), {"load"});
  ASSERT_OK(retry);
  EXPECT_EQ(retry->steps(0).state(), v1::STEP_STATE_PENDING);
  EXPECT_EQ(retry->steps(0).reused_from_run(), "");
  EXPECT_EQ(retry->steps(0).outputs_size(), 0);
}

TEST(PlanRetryTest, NamesTheRunThatReallyDidAStep) {
  v1::Run run = FailedRun();
  run.set_id("second");
  run.mutable_steps(0)->set_reused_from_run("first");
  EXPECT_EQ(PlanRetry(run, {})->steps(0).reused_from_run(), "first");
}

TEST(PlanRetryTest, OnlyARunThatEndedBadlyCanBeRetried) {
  v1::Run run = FailedRun();
  run.set_state(v1::RUN_STATE_RUNNING);
  EXPECT_THAT(PlanRetry(run, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("has not ended")));
  run.set_state(v1::RUN_STATE_SUCCEEDED);
  EXPECT_THAT(PlanRetry(run, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("nothing to retry")));
}

TEST(PlanRetryTest, TheDigestIsTheRuns) {
  EXPECT_EQ(RetryDigest("first"), RetryDigest("first"));
  EXPECT_NE(RetryDigest("first"), RetryDigest("second"));
}

}  // namespace
}  // namespace stagecoach
