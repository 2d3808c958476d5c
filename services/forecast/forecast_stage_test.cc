#include "services/forecast/forecast_stage.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/model/model.h"
#include "services/common/model/weights_metadata.h"
#include "services/common/stagekit/stage_harness.h"
#include "services/common/tensor/tensor_artifacts.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

class ForecastStageTest : public testing::Test {
 protected:
  ForecastStageTest() {
    GiveWeights(ToMetadata({&model_.kind(), model_.shape(), {}}));
    harness_.GiveFloats("X_forecast", {1, 4, 1}, {1, 2, 3, 4});
  }

  static Model MakeModel() {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    return Model::Create(**FindModelKind("lstm"),
                         {.hidden_size = 6, .lookback = 4}, generator);
  }

  void GiveWeights(const SafetensorsMetadata& metadata) {
    harness_.GiveTensors("weights", ViewsOf(model_.parameters()), metadata);
  }

  void ExpectRefused(const std::string& input, const std::string& message) {
    EXPECT_THAT(harness_.Run(),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         AllOf(HasSubstr("input '" + input + "'"),
                               HasSubstr(message))));
    EXPECT_FALSE(harness_.HasOutput("y_forecast"));
  }

  const Model model_ = MakeModel();
  ForecastStage stage_;
  StageHarness harness_{stage_};
};

TEST_F(ForecastStageTest, ForecastsWithTheModelThatTheWeightsDescribe) {
  ASSERT_OK(harness_.Run());
  const float expected =
      model_.Forward(at::tensor({1.f, 2.f, 3.f, 4.f}).view({1, 4, 1}))
          .item<float>();
  EXPECT_THAT(harness_.OutputShape("y_forecast"), ElementsAre(1, 1));
  EXPECT_THAT(harness_.OutputFloats("y_forecast"),
              ElementsAre(FloatNear(expected, 1e-6)));
  EXPECT_NEAR(harness_.Metric("forecast"), expected, 1e-6);
}

TEST_F(ForecastStageTest, ForecastsFromSeveralWindows) {
  harness_.GiveFloats("X_forecast", {2, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 8});
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputShape("y_forecast"), ElementsAre(2, 1));
}

TEST_F(ForecastStageTest, ForecastsAsManyStepsAsAreAskedFor) {
  harness_.SetInteger("steps", 3);
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputShape("y_forecast"), ElementsAre(1, 3));
  const float first = harness_.OutputFloats("y_forecast")[0];
  const float expected =
      model_.Forward(at::tensor({2.f, 3.f, 4.f, first}).view({1, 4, 1}))
          .item<float>();
  EXPECT_THAT(harness_.OutputFloats("y_forecast")[1],
              FloatNear(expected, 1e-6));
  EXPECT_FALSE(harness_.HasOutput("report"));
  EXPECT_FALSE(harness_.HasOutput("table"));
}

TEST_F(ForecastStageTest, WithTheSeriesItReportsWhatForecastsAreWorth) {
  harness_.GiveFloats("train", {6, 1}, {1, 2, 1, 2, 1, 2});
  harness_.GiveFloats("test", {4, 1}, {1, 2, 1, 3});
  harness_.SetInteger("steps", 2);
  harness_.SetInteger("season", 2);
  ASSERT_OK(harness_.Run());
  const auto report = nlohmann::json::parse(harness_.OutputBytes("report"));
  EXPECT_EQ(report["origins"], 4);
  EXPECT_EQ(report["accuracy"]["model"]["forecasts"], 4 + 3);
  EXPECT_EQ(report["accuracy"]["model"]["rmse"], harness_.Metric("rmse"));
  EXPECT_EQ(report["accuracy"]["seasonal_naive"]["rmse"],
            harness_.Metric("rmse_seasonal_naive"));
  // Wrong by 1 in the last row, forecast from two origins.
  EXPECT_NEAR(harness_.Metric("rmse_seasonal_naive"), std::sqrt(2.0 / 7), 1e-9);

  const std::vector<std::string> rows =
      absl::StrSplit(harness_.OutputBytes("table"), '\n', absl::SkipEmpty());
  ASSERT_EQ(rows.size(), 1 + 10 + 2);
  EXPECT_EQ(rows[1], "0,,1,,,,");
  // From the fifth row on there is a window before it.
  EXPECT_THAT(rows[5], testing::MatchesRegex("4,,1,-?[0-9.e-]+,,,"));
  EXPECT_THAT(rows[11],
              testing::MatchesRegex("10,,,,-?[0-9.e-]+,-?[0-9.e-]+,[0-9.e-]+"));
}

TEST_F(ForecastStageTest, TheSeriesComesWhole) {
  harness_.GiveFloats("train", {6, 1}, {1, 2, 1, 2, 1, 2});
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kInvalidArgument,
                                       HasSubstr("give both or neither")));
}

TEST_F(ForecastStageTest, RefusesASeriesOfOtherColumns) {
  harness_.GiveFloats("train", {3, 2}, {1, 2, 1, 2, 1, 2});
  harness_.GiveFloats("test", {1, 2}, {1, 2});
  ExpectRefused("train", "needed is F32 [n,1]");
}

TEST_F(ForecastStageTest, RefusesWeightsWithoutADescription) {
  GiveWeights({});
  ExpectRefused("weights", "metadata lacks 'model'");
}

TEST_F(ForecastStageTest, RefusesWeightsThatDoNotFitTheirDescription) {
  ModelShape shape = model_.shape();
  shape.hidden_size = 7;
  GiveWeights(ToMetadata({&model_.kind(), shape, {}}));
  ExpectRefused("weights",
                "tensor 'lstm.weight_ih_l0' is F32 [24,1]; needed is F32 "
                "[28,1]");
}

TEST_F(ForecastStageTest, RefusesWindowsOfAnotherLookback) {
  harness_.GiveFloats("X_forecast", {1, 5, 1}, {1, 2, 3, 4, 5});
  ExpectRefused("X_forecast",
                "tensor 'X_forecast' is F32 [1,5,1]; needed is F32 [n,4,1]");
}

TEST_F(ForecastStageTest, RefusesWindowsWithOtherFeatures) {
  harness_.GiveFloats("X_forecast", {1, 4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  ExpectRefused("X_forecast", "needed is F32 [n,4,1]");
}

TEST_F(ForecastStageTest, RefusesAForecastThatIsNoNumber) {
  harness_.GiveFloats("X_forecast", {1, 4, 1},
                      {1, 2, 3, std::numeric_limits<float>::quiet_NaN()});
  ExpectRefused("X_forecast", "not a finite number");
}

TEST_F(ForecastStageTest, RefusesTamperedWeights) {
  harness_.TamperWith("weights", "no safetensors at all");
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kDataLoss,
                                       HasSubstr("input 'weights'")));
}

}  // namespace
}  // namespace stagecoach
