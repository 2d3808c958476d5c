#include "orchestrator/cli/render/run_report.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/sample_run.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;
using testing::Not;

RunReport Succeeded() {
  RunReport report;
  report.run = SampleSucceededRun();
  report.values = {
      {"pvc://artifacts/runs/airline-abc/load/1/train.safetensors",
       "112 118 … 390 432"},
      {"pvc://artifacts/runs/airline-abc/forecast/1/y_forecast.safetensors",
       "52.13"}};
  report.history = History{{"epoch", "rmse_train", "rmse_test"},
                           {{0, 233.1, 427.2}, {90, 190.2, 380.1}}};
  report.local_folder = "/tmp/volume/runs/airline-abc";
  return report;
}

TEST(RunReportTest, TellsResultsEvaluationsOutputsTimesPlacesAndWhatNext) {
  EXPECT_EQ(RenderRunReport(Succeeded(), {}),
            R"(airline-abc succeeded after 0.33 s

Results
  STEP      ARTIFACT    SHAPE           VALUES
  load      train       [100, 1] F32    112 118 … 390 432
            forecast    [4, 1] F32
  prepare   X_train     [96, 4, 1] F32
  train     history     report
  forecast  y_forecast  [1, 1] F32      52.13

RMSE per evaluation
  EPOCH  RMSE TRAIN  RMSE TEST
      0       233.1      427.2
     90       190.2      380.1

Outputs
  y_forecast  [1, 1] F32  52.13

Time
  trigger to forecast 0.33 s: queue 1.0 ms, dispatch 4.0 ms, read 5.0 ms, compute 0.30 s, write 15 ms, commit 5.0 ms

Artifacts
  pvc://artifacts/runs/airline-abc
  /tmp/volume/runs/airline-abc

Go on with
  stagecoach get airline-abc
  stagecoach artifacts show airline-abc y_forecast
  stagecoach run airline --set epochs=100
)");
}

TEST(RunReportTest, WrapsToTheTerminal) {
  EXPECT_THAT(RenderRunReport(Succeeded(), {80, false}),
              HasSubstr("  trigger to forecast 0.33 s: queue 1.0 ms, dispatch "
                        "4.0 ms, read 5.0 ms,\n  compute 0.30 s"));
}

TEST(RunReportTest, TellsWhichStepFailedWhereAndWhy) {
  RunReport report;
  report.run = SampleFailedRun();
  const std::string text = RenderRunReport(report, {});
  EXPECT_THAT(text, HasSubstr(R"(
Why
  ✗ step train
    attempt 1 lost on 10.0.0.7:50051
      UNAVAILABLE: replica lost
    attempt 2 failed on 10.0.0.8:50051
      OUT_OF_RANGE: loss is not finite at epoch 7
)"));
  EXPECT_THAT(text, HasSubstr("stagecoach retry airline-abc\n"));
  EXPECT_THAT(text, Not(HasSubstr("stagecoach run")));
}

TEST(RunReportTest, TellsWhyARunEndedThatFailedInNoStep) {
  RunReport report;
  report.run = SampleRun();
  report.run.set_state(v1::RUN_STATE_CANCELLED);
  report.run.mutable_error()->set_code(v1::ERROR_CODE_CANCELLED);
  report.run.mutable_error()->set_message("wrong data");
  EXPECT_THAT(RenderRunReport(report, {}),
              HasSubstr("Why\n  CANCELLED: wrong data\n"));
}

TEST(RunReportTest, FindsTheFolderOfARunsArtifacts) {
  EXPECT_EQ(ArtifactFolder(SampleSucceededRun()),
            "pvc://artifacts/runs/airline-abc");
  EXPECT_EQ(ArtifactFolder(SampleRun()), "");
}

}  // namespace
}  // namespace stagecoach
