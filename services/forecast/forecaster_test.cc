#include "services/forecast/forecaster.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/forecast/some_model.h"

namespace stagecoach {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

bool Never() { return false; }

testing::Matcher<double> Near(double value) { return DoubleNear(value, 1e-3); }

// Lookback 3, with the month as a feature: [3, 1 + 2].
class ForecasterTest : public testing::Test {
 protected:
  static Forecaster MakeForecaster(const Scaler& scaler) {
    ModelShape shape;
    shape.lookback = scaler.lookback;
    shape.input_size = scaler.features();
    shape.hidden_size = 2;
    const Model model = CountingModel(shape, /*step=*/0.5);
    return *Forecaster::Load(
        WeightsFile(model, ToMetadata({&model.kind(), model.shape(), scaler})));
  }

  static std::vector<double> Values(
      const absl::StatusOr<std::vector<double>>& forecast) {
    EXPECT_OK(forecast);
    return forecast.value_or(std::vector<double>());
  }

  const Scaler scaler_ = MonthlyScaler(/*lookback=*/3);
  const Forecaster forecaster_ = MakeForecaster(scaler_);
  const std::vector<float> series_ = {10, 20, 30, 40};
};

TEST_F(ForecasterTest, ForecastsInTheOriginalUnits) {
  const auto windows = forecaster_.CutWindows(series_, scaler_.last_timestamp);
  ASSERT_OK(windows);
  EXPECT_THAT(windows->features.sizes().vec(), ElementsAre(2, 3, 3));
  // Half a feature is 5 of the original units.
  EXPECT_THAT(Values(forecaster_.Forecast(*windows, 1, Never)),
              ElementsAre(Near(35), Near(45)));
}

TEST_F(ForecasterTest, BeyondTheHorizonItsForecastsAreFedBack) {
  const auto windows = forecaster_.CutWindows(series_, scaler_.last_timestamp);
  ASSERT_OK(windows);
  EXPECT_THAT(Values(forecaster_.Forecast(windows->From(1), 5, Never)),
              ElementsAre(Near(45), Near(50), Near(55), Near(60), Near(65)));
}

TEST_F(ForecasterTest, WindowsKnowTheMonthsOfTheirRows) {
  const auto windows = forecaster_.CutWindows(series_, scaler_.last_timestamp);
  ASSERT_OK(windows);
  EXPECT_EQ(windows->last_timestamps.back(), scaler_.last_timestamp);
  // Rows of September to December.
  std::vector<float> september(2);
  WriteCalendarValues(
      scaler_.calendar,
      *StepInTime(scaler_.frequency, *scaler_.last_timestamp, -3),
      absl::MakeSpan(september));
  EXPECT_EQ(windows->features[0][0][1].item<float>(), september[0]);
  EXPECT_EQ(windows->features[0][0][2].item<float>(), september[1]);
}

TEST_F(ForecasterTest, NeedsTimesForCalendarFeatures) {
  EXPECT_THAT(forecaster_.CutWindows(series_, std::nullopt).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("needs the time of the last row")));
  Windows windows = *forecaster_.CutWindows(series_, scaler_.last_timestamp);
  windows.last_timestamps[0] = std::nullopt;
  EXPECT_OK(forecaster_.Forecast(windows, 1, Never));
  EXPECT_THAT(forecaster_.Forecast(windows, 2, Never).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("forecasts 1 steps at once; to go on to 2 it "
                                 "needs the times of future rows")));
}

TEST_F(ForecasterTest, CannotGoOnWithoutTheFutureOfOtherColumns) {
  Scaler scaler = scaler_;
  scaler.columns.push_back({.name = "Temperature"});
  const Forecaster forecaster = MakeForecaster(scaler);
  const auto windows = forecaster.CutWindows(
      std::vector<float>{1, 7, 2, 7, 3, 7}, scaler.last_timestamp);
  ASSERT_OK(windows);
  EXPECT_OK(forecaster.Forecast(*windows, 1, Never));
  EXPECT_THAT(forecaster.Forecast(*windows, 2, Never).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("future of its other columns")));
}

TEST_F(ForecasterTest, RefusesValuesThatMakeNoWindow) {
  EXPECT_THAT(
      forecaster_.CutWindows(std::vector<float>{1, 2}, 0).status(),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("there are 2 values; the model needs 3 rows of 1")));
}

TEST_F(ForecasterTest, RefusesAValueWithoutALogarithm) {
  Scaler scaler = scaler_;
  scaler.columns[0].log = true;
  const Forecaster forecaster = MakeForecaster(scaler);
  EXPECT_THAT(forecaster.CutWindows(std::vector<float>{1, 0, 2}, 0).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("value 0 of row 1 is none that the model can "
                                 "use; it takes its logarithm")));
}

TEST_F(ForecasterTest, StopsBeforeABlockWhenItIsCancelled) {
  const auto windows = forecaster_.CutWindows(series_, scaler_.last_timestamp);
  ASSERT_OK(windows);
  int asked = 0;
  EXPECT_THAT(
      forecaster_
          .Forecast(*windows, kMostSteps, [&asked] { return ++asked == 3; })
          .status(),
      StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(asked, 3);
}

TEST_F(ForecasterTest, WeightsWithoutAScalerForecastTheValuesAsTheyAre) {
  const Model model =
      CountingModel({.hidden_size = 2, .lookback = 3}, /*step=*/0.5);
  const auto forecaster = Forecaster::Load(
      WeightsFile(model, ToMetadata({&model.kind(), model.shape(), {}})));
  ASSERT_OK(forecaster);
  const auto windows = forecaster->CutWindows(series_, std::nullopt);
  ASSERT_OK(windows);
  EXPECT_THAT(Values(forecaster->Forecast(windows->From(1), 3, Never)),
              ElementsAre(Near(40.5), Near(41), Near(41.5)));
}

TEST_F(ForecasterTest, RefusesAScalerThatDoesNotFitTheModel) {
  const Model model = CountingModel({.hidden_size = 2, .lookback = 3}, 1);
  EXPECT_THAT(
      Forecaster::Load(WeightsFile(model, ToMetadata({&model.kind(),
                                                      model.shape(), scaler_})))
          .status(),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("the scaler is of windows [3,3] with 1 values after "
                         "them; the model takes [3,1]")));
}

}  // namespace
}  // namespace stagecoach
