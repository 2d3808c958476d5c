#include "services/forecast/accuracy.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::DoubleEq;
using testing::Optional;

TEST(AccuracyTest, MeasuresAsTheBookDefines) {
  AccuracySum sum;
  sum.Add(/*actual=*/10, /*forecast=*/8);
  sum.Add(/*actual=*/-5, /*forecast=*/-6);
  sum.Add(/*actual=*/4, /*forecast=*/4);
  const std::optional<Accuracy> accuracy = sum.Result(/*error_scale=*/2.0);
  ASSERT_TRUE(accuracy.has_value());
  EXPECT_EQ(accuracy->forecasts, 3);
  EXPECT_DOUBLE_EQ(accuracy->mae, 1);
  EXPECT_DOUBLE_EQ(accuracy->rmse, std::sqrt(5.0 / 3));
  EXPECT_THAT(accuracy->mape, Optional(DoubleEq(100 * (0.2 + 0.2) / 3)));
  EXPECT_THAT(accuracy->mase, Optional(DoubleEq(0.5)));
}

TEST(AccuracyTest, LeavesOutWhatIsNotDefined) {
  AccuracySum sum;
  EXPECT_FALSE(sum.Result(1.0).has_value());
  sum.Add(/*actual=*/0, /*forecast=*/1);
  const std::optional<Accuracy> accuracy = sum.Result(std::nullopt);
  EXPECT_FALSE(accuracy->mape.has_value());
  EXPECT_FALSE(accuracy->mase.has_value());
  EXPECT_EQ(accuracy->rmse, 1);
}

TEST(ErrorScaleTest, IsTheMeanOfTheSeasonalDifferences) {
  const std::vector<double> train = {1, 5, 2, 9, 4};
  EXPECT_THAT(ErrorScale(train, 1), Optional(DoubleEq((4 + 3 + 7 + 5) / 4.0)));
  EXPECT_THAT(ErrorScale(train, 2), Optional(DoubleEq((1 + 4 + 2) / 3.0)));
}

TEST(ErrorScaleTest, NeedsMoreThanASeasonThatDiffers) {
  EXPECT_FALSE(ErrorScale(std::vector<double>{1, 2}, 2).has_value());
  EXPECT_FALSE(ErrorScale(std::vector<double>{1, 2, 1, 2}, 2).has_value());
}

TEST(NaiveForecastTest, RepeatsTheLastValueOrTheLastSeason) {
  const std::vector<double> values = {1, 2, 3, 4, 5};
  EXPECT_EQ(NaiveForecast(values), 5);
  EXPECT_EQ(SeasonalNaiveForecast(values, 3, 1), 3);
  EXPECT_EQ(SeasonalNaiveForecast(values, 3, 3), 5);
  EXPECT_EQ(SeasonalNaiveForecast(values, 3, 4), 3);
  EXPECT_EQ(SeasonalNaiveForecast(values, 1, 7), 5);
  EXPECT_EQ(SeasonalNaiveForecast(values, 6, 1), std::nullopt);
}

}  // namespace
}  // namespace stagecoach
