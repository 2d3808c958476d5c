#include "services/common/stagekit/stage_harness.h"

#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/status_matchers.h"
#include "services/common/stagekit/fake_stages.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Doubles F32 tensor `in` in `steps` steps, saving a checkpoint after each, and
// says in metric `resumed_at` where it began.
class ResumingStage final : public Stage {
 public:
  v1::StageDescription Describe() const override {
    return StageBuilder("double", "1.0.0", "Doubles numbers.")
        .Parameter(Integer("steps", "checkpoints").Default(3))
        .Input("in", v1::ARTIFACT_TYPE_TENSOR, "any shape")
        .Output("out", v1::ARTIFACT_TYPE_TENSOR, "shape of `in`")
        .Build();
  }

  absl::Status Run(ExecutionContext& context) override {
    SC_ASSIGN_OR_RETURN(const SafetensorsView in, context.OpenTensors("in"));
    SC_ASSIGN_OR_RETURN(TensorView tensor, in.Find("in"));
    SC_ASSIGN_OR_RETURN(const auto checkpoint, context.OpenCheckpoint());
    int64_t step = 0;
    if (checkpoint.has_value()) {
      step = std::stol(checkpoint->metadata().at("step"));
    }
    context.SetMetric("resumed_at", static_cast<double>(step));
    while (++step <= context.Integer("steps")) {
      SC_RETURN_IF_ERROR(context.SaveCheckpoint(
          step, {tensor}, {{"step", std::to_string(step)}}));
      context.ReportProgress({});
      if (context.cancelled()) return absl::CancelledError();
    }
    std::vector<float> values(tensor.floats().begin(), tensor.floats().end());
    for (float& value : values) value *= 2;
    tensor.name = "out";
    tensor.bytes =
        absl::string_view(reinterpret_cast<const char*>(values.data()),
                          values.size() * sizeof(float));
    return context.WriteTensors("out", {tensor}, {});
  }
};

TEST(StageHarnessTest, GivesInputsAndReturnsOutputs) {
  ResumingStage stage;
  StageHarness harness(stage);
  harness.GiveFloats("in", {3, 1}, {1, 2, 3});
  ASSERT_OK(harness.Run());
  EXPECT_THAT(harness.OutputFloats("out"), ElementsAre(2, 4, 6));
  EXPECT_THAT(harness.OutputShape("out"), ElementsAre(3, 1));
  EXPECT_EQ(harness.Metric("resumed_at"), 0);
  EXPECT_TRUE(std::isnan(harness.Metric("loss")));
  EXPECT_EQ(harness.progress().size(), 3u);
}

TEST(StageHarnessTest, OutputsOfOneStageAreInputsOfTheNext) {
  ResumingStage stage;
  StageHarness first(stage);
  first.GiveFloats("in", {1}, {1});
  ASSERT_OK(first.Run());
  CopyStage copy;
  StageHarness second(copy);
  second.GiveOutput("source", first, "out");
  ASSERT_OK(second.Run());
  EXPECT_EQ(second.OutputBytes("copy"), first.OutputBytes("out"));
}

TEST(StageHarnessTest, ANextAttemptFindsTheCheckpointOfACancelledOne) {
  ResumingStage stage;
  StageHarness harness(stage);
  harness.GiveFloats("in", {1}, {1});
  harness.CancelAtProgress(2);
  EXPECT_THAT(harness.Run(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_FALSE(harness.HasOutput("out"));
  EXPECT_THAT(harness.Checkpoints(), ElementsAre(1, 2));
  harness.CancelAtProgress(0);
  ASSERT_OK(harness.Run());
  EXPECT_EQ(harness.Metric("resumed_at"), 2);
}

TEST(StageHarnessTest, ADamagedCheckpointIsPassedOver) {
  ResumingStage stage;
  StageHarness harness(stage);
  harness.GiveFloats("in", {1}, {1});
  harness.CancelAtProgress(2);
  EXPECT_THAT(harness.Run(), StatusIs(absl::StatusCode::kCancelled));
  harness.DamageCheckpoint(2);
  harness.CancelAtProgress(0);
  ASSERT_OK(harness.Run());
  EXPECT_EQ(harness.Metric("resumed_at"), 1);
}

TEST(StageHarnessTest, WithoutAPlaceForCheckpointsNoneAreKept) {
  ResumingStage stage;
  StageHarness harness(stage);
  harness.GiveFloats("in", {1}, {1});
  harness.KeepNoCheckpoints();
  ASSERT_OK(harness.Run());
  EXPECT_THAT(harness.Checkpoints(), ElementsAre());
}

TEST(StageHarnessTest, ParametersAndInputsAreCheckedAsByAServer) {
  CopyStage stage;
  StageHarness harness(stage);
  harness.GiveBytes("source", "abc");
  harness.SetInteger("times", 0);
  EXPECT_THAT(harness.Run(), StatusIs(absl::StatusCode::kOutOfRange));
  harness.SetString("times", "1");
  EXPECT_THAT(harness.Run(), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(stage.runs(), 0);
}

TEST(StageHarnessTest, ATamperedInputIsDataLoss) {
  CopyStage stage;
  StageHarness harness(stage);
  harness.GiveBytes("source", "abc");
  harness.TamperWith("source", "abd");
  EXPECT_THAT(harness.Run(), StatusIs(absl::StatusCode::kDataLoss,
                                      HasSubstr("input 'source'")));
}

TEST(StageHarnessTest, ARunCanBeCancelledFromAnotherThread) {
  BlockingStage stage;
  StageHarness harness(stage);
  std::thread canceller([&] {
    stage.AwaitRuns(1);
    harness.Cancel();
  });
  EXPECT_THAT(harness.Run(), StatusIs(absl::StatusCode::kCancelled));
  canceller.join();
}

}  // namespace
}  // namespace stagecoach
