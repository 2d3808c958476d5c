// A model tried on the part of a series that it was not trained on: from every
// row there is (a rolling origin), it forecasts as far ahead as is asked for,
// and every forecast whose row is in the test part is compared with it, beside
// those of the naive methods.

#ifndef SERVICES_FORECAST_BACKTEST_H_
#define SERVICES_FORECAST_BACKTEST_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "services/common/scaling/scaler.h"
#include "services/forecast/accuracy.h"

namespace stagecoach {

// A forecast origin is the last row that is known: from the last row of the
// training part to the last but one of the test part.
struct BacktestInput {
  // The whole series, in its original units, and how many values of it, from
  // the start, are the training part.
  absl::Span<const double> values;
  int64_t train = 0;
  // Row of the first origin; train - 1 unless the model needs more rows.
  int64_t first_origin = 0;
  // Forecasts in the original units, `steps` for each origin from the first to
  // the last, row by row.
  absl::Span<const double> forecasts;
  int64_t steps = 1;
  // Values in a season, >= 1.
  int64_t season = 1;
  // How the model saw the series.
  ColumnScaling target;
};

// Of the three methods over the same rows.
struct Comparison {
  std::optional<Accuracy> model;
  std::optional<Accuracy> naive;
  // Over those origins that have a season before them.
  std::optional<Accuracy> seasonal_naive;
};

struct Backtest {
  int64_t origins = 0;
  Comparison all;
  // By step ahead, from 1; steps that no row of the test part is ahead of any
  // origin are left out at the end.
  std::vector<Comparison> by_step;
  // Root of the mean squared residual of the model by step, in its own units:
  // of features, as it was trained. As long as by_step.
  std::vector<double> residuals;
};

Backtest RunBacktest(const BacktestInput& input);

// A range around a forecast.
struct Interval {
  double lower = 0;
  double upper = 0;
};

// The range that is to hold the true value with probability `level`, 0 < level
// < 1, if residuals are normal around zero in the model's own units with the
// standard deviation `residual`: z standard deviations to each side, turned
// back into the original units.
Interval NormalInterval(double forecast, double residual, double level,
                        const ColumnScaling& target);

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_BACKTEST_H_
