#include "services/forecast/backtest.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::SizeIs;

// Train 10 12 11 13, test 14 17; forecasts two steps ahead that are 1 too low
// at the first and 3 too high at the second step.
class BacktestTest : public testing::Test {
 protected:
  BacktestTest() {
    input_.values = values_;
    input_.train = 4;
    input_.first_origin = 3;
    input_.forecasts = forecasts_;
    input_.steps = 2;
    input_.season = 2;
  }

  const std::vector<double> values_ = {10, 12, 11, 13, 14, 17};
  const std::vector<double> forecasts_ = {13, 20, 16, 99};
  BacktestInput input_;
};

TEST_F(BacktestTest, ComparesEveryForecastWhoseRowIsInTheTestPart) {
  const Backtest backtest = RunBacktest(input_);
  EXPECT_EQ(backtest.origins, 2);
  ASSERT_THAT(backtest.by_step, SizeIs(2));
  EXPECT_EQ(backtest.by_step[0].model->forecasts, 2);
  EXPECT_EQ(backtest.by_step[0].model->rmse, 1);
  EXPECT_EQ(backtest.by_step[1].model->forecasts, 1);
  EXPECT_EQ(backtest.by_step[1].model->rmse, 3);
  EXPECT_EQ(backtest.all.model->forecasts, 3);
  EXPECT_DOUBLE_EQ(backtest.all.model->mae, 5 / 3.0);
  EXPECT_THAT(backtest.residuals, ElementsAre(1, 3));
}

TEST_F(BacktestTest, TheNaiveMethodsForecastTheSameRows) {
  const Comparison all = RunBacktest(input_).all;
  // Naive: 13 for 14, 13 for 17, 14 for 17; seasonal: 11, 13 and 13.
  EXPECT_EQ(all.naive->forecasts, 3);
  EXPECT_DOUBLE_EQ(all.naive->mae, (1 + 4 + 3) / 3.0);
  EXPECT_EQ(all.seasonal_naive->forecasts, 3);
  EXPECT_DOUBLE_EQ(all.seasonal_naive->mae, (3 + 4 + 4) / 3.0);
  // Differences of two rows in train: 1 and 1.
  EXPECT_DOUBLE_EQ(*all.model->mase, 5 / 3.0);
}

TEST_F(BacktestTest, WithoutASeasonBeforeItThereIsNoSeasonalNaive) {
  input_.season = 7;
  const Comparison all = RunBacktest(input_).all;
  EXPECT_FALSE(all.seasonal_naive.has_value());
  EXPECT_FALSE(all.model->mase.has_value());
  EXPECT_TRUE(all.naive.has_value());
}

TEST_F(BacktestTest, StepsBeyondTheTestPartAreLeftOut) {
  const std::vector<double> forecasts = {13, 20, 0, 0, 16, 99, 0, 0};
  input_.forecasts = forecasts;
  input_.steps = 4;
  EXPECT_THAT(RunBacktest(input_).by_step, SizeIs(2));
}

TEST(NormalIntervalTest, ReachesAsFarAsTheNormalDistribution) {
  const Interval interval = NormalInterval(10, 2, 0.95, ColumnScaling());
  EXPECT_THAT(interval.lower, DoubleNear(10 - 2 * 1.959963984540054, 1e-9));
  EXPECT_THAT(interval.upper, DoubleNear(10 + 2 * 1.959963984540054, 1e-9));
  const Interval half = NormalInterval(0, 1, 0.5, ColumnScaling());
  EXPECT_THAT(half.upper, DoubleNear(0.6744897501960817, 1e-9));
}

TEST(NormalIntervalTest, IsNormalInTheUnitsOfTheModel) {
  ColumnScaling scaling;
  scaling.log = true;
  scaling.offset = 3;
  scaling.scale = -0.5;
  const Interval interval = NormalInterval(20, 0.2, 0.95, scaling);
  const double factor = std::exp(0.5 * 0.2 * 1.959963984540054);
  EXPECT_THAT(interval.lower, DoubleNear(20 / factor, 1e-9));
  EXPECT_THAT(interval.upper, DoubleNear(20 * factor, 1e-9));
}

}  // namespace
}  // namespace stagecoach
