#include "services/forecast/accuracy.h"

#include <cmath>

namespace stagecoach {

void AccuracySum::Add(double actual, double forecast) {
  const double error = actual - forecast;
  ++forecasts_;
  absolute_ += std::abs(error);
  squares_ += error * error;
  relative_ += actual == 0 ? INFINITY : std::abs(error / actual);
}

std::optional<Accuracy> AccuracySum::Result(
    std::optional<double> error_scale) const {
  if (forecasts_ == 0) return std::nullopt;
  const auto count = static_cast<double>(forecasts_);
  Accuracy accuracy;
  accuracy.forecasts = forecasts_;
  accuracy.mae = absolute_ / count;
  accuracy.rmse = std::sqrt(squares_ / count);
  if (std::isfinite(relative_)) accuracy.mape = 100 * relative_ / count;
  if (error_scale.has_value()) accuracy.mase = accuracy.mae / *error_scale;
  return accuracy;
}

std::optional<double> ErrorScale(absl::Span<const double> train,
                                 int64_t season) {
  const int64_t count = std::ssize(train) - season;
  if (count < 1) return std::nullopt;
  double sum = 0;
  for (int64_t t = 0; t < count; ++t) {
    sum += std::abs(train[t + season] - train[t]);
  }
  if (sum == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

double NaiveForecast(absl::Span<const double> values) { return values.back(); }

std::optional<double> SeasonalNaiveForecast(absl::Span<const double> values,
                                            int64_t season, int64_t step) {
  if (std::ssize(values) < season) return std::nullopt;
  return values[std::ssize(values) - season + (step - 1) % season];
}

}  // namespace stagecoach
