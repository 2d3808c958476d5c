#include "services/forecast/forecast_report.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

Accuracy WithRmse(double rmse) {
  Accuracy accuracy;
  accuracy.forecasts = 3;
  accuracy.mae = 1.5;
  accuracy.rmse = rmse;
  accuracy.mape = 12.5;
  return accuracy;
}

Backtest SomeBacktest() {
  Backtest backtest;
  backtest.origins = 2;
  backtest.all = {WithRmse(2), WithRmse(4), WithRmse(3)};
  backtest.by_step = {{WithRmse(2), WithRmse(4), std::nullopt}};
  backtest.residuals = {0.5};
  return backtest;
}

TEST(ForecastReportTest, IsTheDocumentThatTheReadmeDescribes) {
  const ReportFacts facts = {"Passengers", /*steps=*/1, /*season=*/12,
                             /*interval_level=*/0.75};
  EXPECT_EQ(nlohmann::json::parse(FormatReport(facts, SomeBacktest())),
            nlohmann::json::parse(R"({
  "column": "Passengers", "steps": 1, "season": 12, "origins": 2,
  "accuracy": {
    "model": {"forecasts": 3, "mae": 1.5, "rmse": 2.0, "mape": 12.5,
              "mase": null},
    "naive": {"forecasts": 3, "mae": 1.5, "rmse": 4.0, "mape": 12.5,
              "mase": null},
    "seasonal_naive": {"forecasts": 3, "mae": 1.5, "rmse": 3.0, "mape": 12.5,
                       "mase": null}},
  "beats_seasonal_naive": true,
  "interval": {"level": 0.75, "method": "normal", "residuals": [0.5]},
  "by_step": [{
    "step": 1,
    "model": {"forecasts": 3, "mae": 1.5, "rmse": 2.0, "mape": 12.5,
              "mase": null},
    "naive": {"forecasts": 3, "mae": 1.5, "rmse": 4.0, "mape": 12.5,
              "mase": null},
    "seasonal_naive": null}]})"));
}

TEST(ForecastReportTest, SaysNothingOfMethodsThatForecastOtherRows) {
  Backtest backtest = SomeBacktest();
  backtest.all.seasonal_naive->forecasts = 2;
  const auto report = nlohmann::json::parse(FormatReport({}, backtest));
  EXPECT_TRUE(report["beats_seasonal_naive"].is_null());
}

TEST(ForecastTableTest, LeavesEmptyWhatThereIsNot) {
  std::vector<TableRow> rows(2);
  rows[0].actual = 112;
  rows[0].fit = 110.5;
  rows[1].forecast = 120;
  rows[1].lower = 100.25;
  rows[1].upper = 140;
  EXPECT_EQ(FormatTable(rows),
            "index,timestamp,actual,fit,forecast,lower,upper\n"
            "0,,112,110.5,,,\n"
            "1,,,,120,100.25,140\n");
}

TEST(ForecastTableTest, TimesAreDatesWhereTheyHaveNoTimeOfDay) {
  std::vector<TableRow> rows(2);
  rows[0].timestamp = -662688000;
  rows[1].timestamp = -660009600;
  EXPECT_EQ(FormatTable(rows),
            "index,timestamp,actual,fit,forecast,lower,upper\n"
            "0,1949-01-01,,,,,\n"
            "1,1949-02-01,,,,,\n");
  rows[1].timestamp = -660009599;
  EXPECT_EQ(FormatTable(rows),
            "index,timestamp,actual,fit,forecast,lower,upper\n"
            "0,1949-01-01T00:00:00+00:00,,,,,\n"
            "1,1949-02-01T00:00:01+00:00,,,,,\n");
}

}  // namespace
}  // namespace stagecoach
