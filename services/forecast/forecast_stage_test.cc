#include "services/forecast/forecast_stage.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
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
    GiveWeights(ToMetadata({model_.shape(), /*lookback=*/4}));
    harness_.GiveFloats("X_forecast", {1, 4, 1}, {1, 2, 3, 4});
  }

  static LstmModel MakeModel() {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    return LstmModel::Create({.hidden_size = 6}, generator);
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

  const LstmModel model_ = MakeModel();
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

TEST_F(ForecastStageTest, RefusesWeightsWithoutADescription) {
  GiveWeights({});
  ExpectRefused("weights", "metadata lacks 'model'");
}

TEST_F(ForecastStageTest, RefusesWeightsThatDoNotFitTheirDescription) {
  LstmShape shape = model_.shape();
  shape.hidden_size = 7;
  GiveWeights(ToMetadata({shape, 4}));
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
