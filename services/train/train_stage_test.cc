#include "services/train/train_stage.h"

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_matchers.h"
#include "services/common/stagekit/stage_harness.h"
#include "services/train/reference_data.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Gt;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Every report and checkpoint comes.
constexpr TrainSpacing kNoSpacing = {absl::ZeroDuration(),
                                     absl::ZeroDuration()};

class TrainStageTest : public testing::Test {
 protected:
  TrainStageTest() {
    stage_.RegisterMetrics(registry_);
    GiveAirlineData(harness_);
    harness_.SetInteger("epochs", 6);
    harness_.SetInteger("checkpoint_interval", 2);
  }

  static void GiveAirlineData(StageHarness& harness) {
    const ReferenceWindows train = AirlineWindows(0, 100);
    const ReferenceWindows test = AirlineWindows(100, 144);
    harness.GiveFloats("X_train", {96, 4, 1}, train.x);
    harness.GiveFloats("y_train", {96, 1}, train.y);
    harness.GiveFloats("X_test", {40, 4, 1}, test.x);
    harness.GiveFloats("y_test", {40, 1}, test.y);
  }

  // The weights of an execution that nothing interrupted.
  static std::string StraightWeights() {
    TrainStage stage;
    StageHarness harness(stage);
    GiveAirlineData(harness);
    harness.SetInteger("epochs", 6);
    EXPECT_OK(harness.Run());
    return harness.OutputBytes("weights");
  }

  double Metric(const std::string& name, const std::string& labels = "") {
    return MetricValue(registry_, name, labels);
  }

  prometheus::Registry registry_;
  FakeClock clock_;
  TrainStage stage_{clock_, kNoSpacing};
  StageHarness harness_{stage_};
};

TEST_F(TrainStageTest, WritesWeightsAsPyTorchNamesThem) {
  ASSERT_OK(harness_.Run());
  const SafetensorsView weights = harness_.OutputTensors("weights");
  std::vector<std::string> tensors;
  for (const TensorView& tensor : weights.tensors()) {
    tensors.push_back(tensor.name);
  }
  EXPECT_THAT(tensors, ElementsAre("lstm.weight_ih_l0", "lstm.weight_hh_l0",
                                   "lstm.bias_ih_l0", "lstm.bias_hh_l0",
                                   "linear.weight", "linear.bias"));
  EXPECT_THAT(weights.tensors()[0].shape, ElementsAre(200, 1));
  EXPECT_THAT(weights.tensors()[1].shape, ElementsAre(200, 50));
  EXPECT_EQ(weights.metadata().at("model"), "lstm");
  EXPECT_EQ(weights.metadata().at("lookback"), "4");
}

TEST_F(TrainStageTest, ReportsHistoryProgressAndMetrics) {
  ASSERT_OK(harness_.Run());
  const auto history = nlohmann::json::parse(harness_.OutputBytes("history"));
  EXPECT_THAT(history["loss"], SizeIs(6));
  ASSERT_THAT(history["evaluations"], SizeIs(2));
  EXPECT_EQ(history["evaluations"][0]["epoch"], 0);
  EXPECT_EQ(history["evaluations"][1]["epoch"], 5);
  EXPECT_EQ(history["evaluations"][1]["rmse_test"],
            harness_.Metric("rmse_test"));
  EXPECT_EQ(history["evaluations"][1]["rmse_train"],
            harness_.Metric("rmse_train"));
  EXPECT_EQ(history["loss"][5], harness_.Metric("loss"));

  const v1::Progress& last = harness_.progress().back();
  EXPECT_EQ(last.fraction(), 1.0);
  EXPECT_EQ(last.units_done(), 6);
  EXPECT_EQ(last.units_total(), 6);
  EXPECT_EQ(last.unit(), "epoch");
  EXPECT_EQ(last.metrics().at("loss"), harness_.Metric("loss"));
}

TEST_F(TrainStageTest, ProgressNeverGoesBack) {
  ASSERT_OK(harness_.Run());
  double before = 0;
  for (const v1::Progress& progress : harness_.progress()) {
    EXPECT_GE(progress.fraction(), before);
    before = progress.fraction();
  }
}

TEST_F(TrainStageTest, TheSameSeedGivesTheSameWeightsBitForBit) {
  ASSERT_OK(harness_.Run());
  EXPECT_EQ(harness_.OutputBytes("weights"), StraightWeights());
  harness_.KeepNoCheckpoints();
  harness_.SetInteger("seed", 1);
  ASSERT_OK(harness_.Run());
  EXPECT_NE(harness_.OutputBytes("weights"), StraightWeights());
}

TEST_F(TrainStageTest, SavesACheckpointAtEveryIntervalButTheEnd) {
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.Checkpoints(), ElementsAre(2 * 12, 4 * 12));
  EXPECT_EQ(Metric("stagecoach_train_checkpoints_total", "outcome=\"saved\""),
            2);
}

// Time goes on by a second whenever somebody looks.
class FastClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch(); }
  absl::Duration Elapsed() const override { return absl::Seconds(++readings_); }

 private:
  mutable std::atomic<int> readings_ = 0;
};

TEST_F(TrainStageTest, TrainingOfLessThanASecondIsNotWorthACheckpoint) {
  TrainStage stage(clock_);
  StageHarness harness(stage);
  GiveAirlineData(harness);
  harness.SetInteger("epochs", 6);
  harness.SetInteger("checkpoint_interval", 2);
  ASSERT_OK(harness.Run());
  EXPECT_THAT(harness.Checkpoints(), IsEmpty());
}

TEST_F(TrainStageTest, ReportsThatComeTooSoonAreLeftOutButForTheLast) {
  TrainStage stage(clock_);
  StageHarness harness(stage);
  GiveAirlineData(harness);
  harness.SetInteger("epochs", 6);
  ASSERT_OK(harness.Run());
  ASSERT_THAT(harness.progress(), SizeIs(2));
  EXPECT_LT(harness.progress().front().fraction(), 1);
  EXPECT_EQ(harness.progress().back().fraction(), 1);
  EXPECT_EQ(harness.progress().back().units_done(), 6);
}

TEST_F(TrainStageTest, CheckpointsAreASecondApart) {
  FastClock clock;
  TrainStage stage(clock);
  StageHarness harness(stage);
  GiveAirlineData(harness);
  harness.SetInteger("epochs", 6);
  harness.SetInteger("checkpoint_interval", 2);
  ASSERT_OK(harness.Run());
  EXPECT_THAT(harness.Checkpoints(), ElementsAre(2 * 12, 4 * 12));
}

TEST_F(TrainStageTest, SaysHowManyThreadsItComputesWith) {
  ASSERT_OK(harness_.Run());
  EXPECT_EQ(Metric("stagecoach_torch_threads", "kind=\"intra\""), 1);
}

TEST_F(TrainStageTest, WithoutAnIntervalItSavesNone) {
  harness_.SetInteger("checkpoint_interval", 0);
  harness_.CancelAtProgress(3);
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(harness_.Checkpoints(), IsEmpty());
}

// Every report within the epochs comes from just before a batch.
TEST_F(TrainStageTest, StoppedBeforeAnyBatchItGoesOnToTheSameWeights) {
  const std::string straight = StraightWeights();
  for (int report : {1, 2, 5, 14, 30}) {
    TrainStage stage(clock_, kNoSpacing);
    StageHarness harness(stage);
    GiveAirlineData(harness);
    harness.SetInteger("epochs", 6);
    harness.SetInteger("checkpoint_interval", 100);
    harness.CancelAtProgress(report);
    EXPECT_THAT(harness.Run(), StatusIs(absl::StatusCode::kCancelled));
    EXPECT_THAT(harness.Checkpoints(), SizeIs(1));
    harness.CancelAtProgress(0);
    ASSERT_OK(harness.Run());
    EXPECT_EQ(harness.OutputBytes("weights"), straight) << report;
    EXPECT_THAT(harness.progress().front().message(),
                HasSubstr("goes on after epoch"));
  }
}

TEST_F(TrainStageTest, GoesOnFromThePeriodicOneBeforeADamagedCheckpoint) {
  harness_.CancelAtProgress(30);
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_FALSE(harness_.HasOutput("weights"));
  ASSERT_THAT(harness_.Checkpoints(), ElementsAre(24, Gt(24)));
  harness_.DamageCheckpoint(harness_.Checkpoints().back());
  harness_.CancelAtProgress(0);
  ASSERT_OK(harness_.Run());
  EXPECT_EQ(harness_.progress().front().message(), "goes on after epoch 2");
  EXPECT_EQ(harness_.OutputBytes("weights"), StraightWeights());
  EXPECT_EQ(Metric("stagecoach_train_resumes_total"), 1);
}

TEST_F(TrainStageTest, StopsAtAPeriodicCheckpointWithoutSavingItTwice) {
  // One report for each batch, and one for the evaluation of epoch 0.
  harness_.CancelAtProgress(25);
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(harness_.Checkpoints(), ElementsAre(24));
  EXPECT_EQ(Metric("stagecoach_train_checkpoints_total", "outcome=\"saved\""),
            1);
}

TEST_F(TrainStageTest, StartsOverIfTheCheckpointIsOfAnotherTraining) {
  harness_.CancelAtProgress(30);
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kCancelled));
  harness_.CancelAtProgress(0);
  harness_.SetInteger("hidden_size", 7);
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(
      harness_.progress().front().message(),
      AllOf(HasSubstr("starts over"), HasSubstr("hidden_size is 50, here 7")));
  EXPECT_EQ(Metric("stagecoach_train_resumes_total"), 0);
}

TEST_F(TrainStageTest, CountsEpochsAndWindows) {
  ASSERT_OK(harness_.Run());
  EXPECT_EQ(Metric("stagecoach_train_epochs_total"), 6);
  EXPECT_EQ(Metric("stagecoach_train_epoch_seconds"), 6);
  EXPECT_EQ(Metric("stagecoach_train_samples_total"), 6 * 96);
  EXPECT_EQ(Metric("stagecoach_train_loss"), harness_.Metric("loss"));
}

TEST_F(TrainStageTest, RefusesInputsThatDoNotFitTogether) {
  harness_.GiveFloats("y_train", {2, 1}, {1, 2});
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("input 'y_train': tensor 'y_train' is F32 "
                                 "[2,1]; needed is F32 [96,n]")));
  GiveAirlineData(harness_);
  harness_.GiveFloats("X_test", {1, 3, 1}, {1, 2, 3});
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                       HasSubstr("needed is F32 [n,4,1]")));
}

TEST_F(TrainStageTest, WritesTheHistoryAsATableToo) {
  ASSERT_OK(harness_.Run());
  const std::string table = harness_.OutputBytes("history_table");
  const std::vector<std::string> rows =
      absl::StrSplit(table, '\n', absl::SkipEmpty());
  ASSERT_THAT(rows, SizeIs(1 + 6));
  EXPECT_EQ(rows[0],
            "epoch,loss,validation_loss,learning_rate,rmse_train,rmse_test");
}

TEST_F(TrainStageTest, TrainsWhatTheParametersSay) {
  harness_.SetString("model", "mlp");
  harness_.SetString("optimizer", "adamw");
  harness_.SetString("schedule", "plateau");
  harness_.SetNumber("weight_decay", 0.01);
  harness_.SetNumber("gradient_clip", 100);
  harness_.SetNumber("dropout", 0.1);
  harness_.SetInteger("layers", 2);
  harness_.SetInteger("epochs", 500);
  harness_.SetInteger("early_stopping", 3);
  harness_.SetNumber("validation_share", 0.2);
  harness_.SetNumber("learning_rate", 0.01);
  ASSERT_OK(harness_.Run());
  EXPECT_EQ(harness_.OutputTensors("weights").metadata().at("model"), "mlp");
  const auto history = nlohmann::json::parse(harness_.OutputBytes("history"));
  const size_t epochs = history["loss"].size();
  EXPECT_LT(epochs, 500);
  EXPECT_THAT(history["validation_loss"], SizeIs(epochs));
  EXPECT_EQ(history["kept"]["epoch"], epochs - 1 - 3);
  EXPECT_EQ(history["kept"]["rmse_test"], harness_.Metric("rmse_test"));
  EXPECT_EQ(harness_.Metric("epochs"), epochs);
  EXPECT_EQ(harness_.progress().back().fraction(), 1);
}

TEST_F(TrainStageTest, ForecastsAsManyValuesAsTheTargetsHave) {
  harness_.GiveFloats("y_train", {96, 2}, std::vector<float>(192, 1));
  harness_.GiveFloats("y_test", {40, 2}, std::vector<float>(80, 1));
  ASSERT_OK(harness_.Run());
  const auto metadata = harness_.OutputTensors("weights").metadata();
  EXPECT_EQ(metadata.at("output_size"), "2");
}

TEST_F(TrainStageTest, EarlyStoppingNeedsValidationWindows) {
  harness_.SetInteger("early_stopping", 3);
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("set 'validation_share' too")));
}

TEST_F(TrainStageTest, ALossThatExplodesEndsWithItsEpoch) {
  harness_.SetNumber("learning_rate", 1e6);
  std::vector<float> huge(96, 3e38f);
  harness_.GiveFloats("y_train", {96, 1}, huge);
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                       AllOf(HasSubstr("loss became "),
                                             HasSubstr(" in epoch 0"))));
}

}  // namespace
}  // namespace stagecoach
