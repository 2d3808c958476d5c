#include "services/forecast/backtest.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stagecoach {
namespace {

// Sums of one step, or of all.
struct Sums {
  AccuracySum model;
  AccuracySum naive;
  AccuracySum seasonal_naive;

  Comparison Result(std::optional<double> scale) const {
    return {model.Result(scale), naive.Result(scale),
            seasonal_naive.Result(scale)};
  }
};

// P(|x| <= z) of a standard normal x.
double CentralProbability(double z) {
  return std::erf(z / std::numbers::sqrt2);
}

// The inverse, by bisection: called once for each forecast at most.
double CentralQuantile(double probability) {
  double low = 0;
  double high = 40;  // where the probability is 1 to the last bit
  for (int i = 0; i < 64; ++i) {
    const double middle = (low + high) / 2;
    (CentralProbability(middle) < probability ? low : high) = middle;
  }
  return high;
}

}  // namespace

Backtest RunBacktest(const BacktestInput& input) {
  const int64_t rows = std::ssize(input.values);
  const int64_t last_origin = rows - 2;
  const int64_t steps =
      std::clamp<int64_t>(rows - 1 - input.first_origin, 0, input.steps);
  Sums all;
  std::vector<Sums> by_step(steps);
  std::vector<double> squares(steps);
  for (int64_t origin = input.first_origin; origin <= last_origin; ++origin) {
    const auto known = input.values.first(origin + 1);
    const auto forecasts = input.forecasts.subspan(
        (origin - input.first_origin) * input.steps, input.steps);
    for (int64_t step = 1; step <= steps && origin + step < rows; ++step) {
      const double actual = input.values[origin + step];
      const double forecast = forecasts[step - 1];
      const auto seasonal = SeasonalNaiveForecast(known, input.season, step);
      for (Sums* const sums : {&all, &by_step[step - 1]}) {
        sums->model.Add(actual, forecast);
        sums->naive.Add(actual, NaiveForecast(known));
        if (seasonal.has_value()) sums->seasonal_naive.Add(actual, *seasonal);
      }
      const double residual =
          input.target.ToFeature(actual) - input.target.ToFeature(forecast);
      squares[step - 1] += residual * residual;
    }
  }
  const std::optional<double> scale =
      ErrorScale(input.values.first(input.train), input.season);
  Backtest result;
  result.origins = std::max<int64_t>(0, last_origin - input.first_origin + 1);
  result.all = all.Result(scale);
  for (int64_t i = 0; i < steps; ++i) {
    result.by_step.push_back(by_step[i].Result(scale));
    const auto count =
        static_cast<double>(result.by_step.back().model->forecasts);
    result.residuals.push_back(std::sqrt(squares[i] / count));
  }
  return result;
}

Interval NormalInterval(double forecast, double residual, double level,
                        const ColumnScaling& target) {
  const double center = target.ToFeature(forecast);
  const double width = CentralQuantile(level) * residual;
  const double one = target.ToValue(center - width);
  const double other = target.ToValue(center + width);
  // A negative scale turns them around.
  return {std::min(one, other), std::max(one, other)};
}

}  // namespace stagecoach
