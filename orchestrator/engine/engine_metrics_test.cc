#include "orchestrator/engine/engine_metrics.h"

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/metrics.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1000);

v1::Run RunIn(v1::RunState state) {
  v1::Run run;
  run.set_id("airline-1");
  run.set_pipeline_name("airline");
  run.set_state(state);
  return run;
}

class EngineMetricsTest : public testing::Test {
 protected:
  double Value(absl::string_view name, absl::string_view labels) {
    return MetricValue(registry_, name, labels);
  }
  double Runs(absl::string_view state) {
    return Value("stagecoach_runs",
                 absl::StrCat(R"(pipeline="airline",state=")", state, "\""));
  }

  prometheus::Registry registry_;
  EngineMetrics metrics_{registry_};
};

TEST_F(EngineMetricsTest, ARunIsCountedInTheStateThatItIsIn) {
  metrics_.RunActive(RunIn(v1::RUN_STATE_PENDING));
  EXPECT_EQ(Runs("pending"), 1);
  metrics_.RunActive(RunIn(v1::RUN_STATE_RUNNING));
  metrics_.RunActive(RunIn(v1::RUN_STATE_RUNNING));
  EXPECT_EQ(Runs("pending"), 0);
  EXPECT_EQ(Runs("running"), 1);
  metrics_.RunGone("airline-1");
  metrics_.RunGone("airline-1");
  EXPECT_EQ(Runs("running"), 0);
}

TEST_F(EngineMetricsTest, EveryOutcomeIsThereBeforeARunHasEnded) {
  metrics_.AddPipeline("airline");
  for (const char* outcome : {"succeeded", "failed", "cancelled"}) {
    EXPECT_EQ(
        Value("stagecoach_runs_total",
              absl::StrCat("outcome=\"", outcome, R"(",pipeline="airline")")),
        0)
        << outcome;
  }
  EXPECT_EQ(Runs("succeeded"), -1) << "ended runs are no longer active";
}

TEST_F(EngineMetricsTest, ASuccessSaysWhenItWas) {
  v1::Run run = RunIn(v1::RUN_STATE_SUCCEEDED);
  *run.mutable_end_time() = ToTimestamp(kStart);
  metrics_.RunEnded(run);
  EXPECT_EQ(Value("stagecoach_run_last_success_timestamp_seconds",
                  R"(pipeline="airline")"),
            1000);
}

TEST_F(EngineMetricsTest, AnAttemptIsCountedByOutcomeAndCode) {
  v1::Run run = RunIn(v1::RUN_STATE_RUNNING);
  v1::Step& step = *run.add_steps();
  step.set_stage("train");
  v1::Attempt& attempt = *step.add_attempts();
  attempt.set_state(v1::ATTEMPT_STATE_FAILED);
  attempt.mutable_error()->set_code(v1::ERROR_CODE_DATA_LOSS);
  metrics_.AttemptEnded(run, 0);
  EXPECT_EQ(Value("stagecoach_step_attempts_total",
                  R"(code="data_loss",outcome="failed",stage="train")"),
            1);
}

TEST_F(EngineMetricsTest, TheWaitOfALaterAttemptBeginsWithTheEndOfTheFormer) {
  v1::Run run = RunIn(v1::RUN_STATE_RUNNING);
  v1::Step& step = *run.add_steps();
  step.set_stage("train");
  *step.mutable_ready_time() = ToTimestamp(kStart);
  v1::Attempt& lost = *step.add_attempts();
  *lost.mutable_start_time() = ToTimestamp(kStart);
  *lost.mutable_end_time() = ToTimestamp(kStart + absl::Hours(2));
  v1::Attempt& attempt = *step.add_attempts();
  attempt.set_state(v1::ATTEMPT_STATE_SUCCEEDED);
  *attempt.mutable_start_time() =
      ToTimestamp(kStart + absl::Hours(2) + absl::Milliseconds(40));
  metrics_.AttemptEnded(run, 0);
  EXPECT_THAT(RenderMetrics(registry_),
              testing::HasSubstr(R"(stagecoach_step_seconds_sum)"
                                 R"({phase="wait",stage="train"} 0.04)"));
}

}  // namespace
}  // namespace stagecoach
