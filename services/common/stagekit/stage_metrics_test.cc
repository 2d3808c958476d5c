#include "services/common/stagekit/stage_metrics.h"

#include "gtest/gtest.h"
#include "services/common/base/metrics.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

class StageMetricsTest : public testing::Test {
 protected:
  double Value(absl::string_view name, absl::string_view labels) const {
    return MetricValue(process_, name, labels);
  }

  ProcessMetrics process_{"test"};
  StageMetrics metrics_{"train", 4, process_.registry()};
};

TEST_F(StageMetricsTest, LoadIsThePartOfTheSlotsThatIsTaken) {
  EXPECT_EQ(Value("stagecoach_stage_slots", "stage=\"train\""), 4);
  EXPECT_EQ(Value("stagecoach_stage_load", "stage=\"train\""), 0);
  metrics_.Started();
  EXPECT_EQ(Value("stagecoach_stage_load", "stage=\"train\""), 0.25);
  EXPECT_EQ(Value("stagecoach_stage_executions_running", "stage=\"train\""), 1);
  metrics_.Ended(absl::OkStatus(), {});
  EXPECT_EQ(Value("stagecoach_stage_load", "stage=\"train\""), 0);
}

TEST_F(StageMetricsTest, EveryEndHasAnOutcome) {
  EXPECT_EQ(OutcomeOf(absl::OkStatus()), ExecutionOutcome::kOk);
  EXPECT_EQ(OutcomeOf(absl::CancelledError()), ExecutionOutcome::kCancelled);
  EXPECT_EQ(OutcomeOf(absl::DeadlineExceededError("")),
            ExecutionOutcome::kDeadline);
  EXPECT_EQ(OutcomeOf(absl::UnavailableError("")), ExecutionOutcome::kLost);
  EXPECT_EQ(OutcomeOf(absl::DataLossError("")), ExecutionOutcome::kFailed);
  metrics_.Started();
  metrics_.Ended(absl::DataLossError(""), {});
  EXPECT_EQ(Value("stagecoach_stage_executions_total",
                  "outcome=\"failed\",stage=\"train\""),
            1);
  EXPECT_EQ(Value("stagecoach_stage_executions_total",
                  "outcome=\"ok\",stage=\"train\""),
            0);
}

TEST_F(StageMetricsTest, EveryPhaseOfAnExecutionIsObserved) {
  v1::PhaseTimes times;
  *times.mutable_compute() = ToProtoDuration(absl::Seconds(2));
  metrics_.Started();
  metrics_.Ended(absl::OkStatus(), times);
  for (const char* phase : {"queue", "read", "compute", "write"}) {
    EXPECT_EQ(Value("stagecoach_stage_execution_seconds",
                    absl::StrCat("phase=\"", phase, "\",stage=\"train\"")),
              1)
        << phase;
  }
  EXPECT_EQ(Value("stagecoach_stage_execution_wall_seconds",
                  "outcome=\"ok\",stage=\"train\""),
            1);
}

TEST_F(StageMetricsTest, RefusalsAndStatesAreShown) {
  metrics_.Rejected(RejectReason::kStaleLease);
  EXPECT_EQ(Value("stagecoach_stage_rejected_total",
                  "reason=\"stale_lease\",stage=\"train\""),
            1);
  metrics_.SetReady(true);
  EXPECT_EQ(Value("stagecoach_stage_ready", "stage=\"train\""), 1);
  EXPECT_EQ(Value("stagecoach_stage_draining", "stage=\"train\""), 0);
  metrics_.SetDraining();
  EXPECT_EQ(Value("stagecoach_stage_draining", "stage=\"train\""), 1);
}

}  // namespace
}  // namespace stagecoach
