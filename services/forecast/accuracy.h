// How good forecasts are, and the forecasts that need no model, to compare
// with. Definitions: Hyndman & Koehler, "Another look at measures of forecast
// accuracy" (2006), and Hyndman & Athanasopoulos, "Forecasting: Principles and
// Practice" (3rd edition), sections 5.2 and 5.8.

#ifndef SERVICES_FORECAST_ACCURACY_H_
#define SERVICES_FORECAST_ACCURACY_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"

namespace stagecoach {

// All over the errors e = actual - forecast.
struct Accuracy {
  int64_t forecasts = 0;  // errors there are
  double mae = 0;         // mean of |e|
  double rmse = 0;        // root of the mean of e^2
  // Mean of 100 |e / actual|, in percent; nothing if an actual value is 0.
  std::optional<double> mape;
  // Mean of |e| over the scale that ErrorScale gives; nothing if there is none.
  std::optional<double> mase;
};

// Sums up errors, one at a time.
class AccuracySum {
 public:
  void Add(double actual, double forecast);
  // Of what was added; nothing if that is nothing.
  std::optional<Accuracy> Result(std::optional<double> error_scale) const;

 private:
  int64_t forecasts_ = 0;
  double absolute_ = 0;
  double squares_ = 0;
  double relative_ = 0;  // infinite once an actual value was 0
};

// Mean of |y[t] - y[t - season]| over `train`: what the seasonal naive method
// is wrong by, one step ahead, on the training part. Nothing if `train` has no
// more than `season` values, or is the same in every season.
std::optional<double> ErrorScale(absl::Span<const double> train,
                                 int64_t season);

// The value before the forecast starts, `values.back()`, for every step.
double NaiveForecast(absl::Span<const double> values);

// The last value of the same season that is in `values`, `step` >= 1 after
// their end. Nothing if there is less than one season.
std::optional<double> SeasonalNaiveForecast(absl::Span<const double> values,
                                            int64_t season, int64_t step);

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_ACCURACY_H_
