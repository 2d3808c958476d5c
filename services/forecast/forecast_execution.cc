#include "services/forecast/forecast_execution.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/tensor/tensor_artifacts.h"

namespace stagecoach {

ForecastExecution::ForecastExecution(ExecutionContext& context)
    : context_(context),
      steps_(context.Integer("steps")),
      interval_level_(context.Number("interval_level")) {}

absl::Status ForecastExecution::Run() {
  SC_ASSIGN_OR_RETURN(const SafetensorsView weights,
                      context_.OpenTensors("weights"));
  SC_ASSIGN_OR_RETURN(const Forecaster forecaster, Forecaster::Load(weights),
                      "input 'weights'");
  SC_ASSIGN_OR_RETURN(const SafetensorsView file,
                      context_.OpenTensors("X_forecast"));
  SC_ASSIGN_OR_RETURN(const Windows windows,
                      forecaster.FindWindows(file, "X_forecast"),
                      "input 'X_forecast'");
  SC_ASSIGN_OR_RETURN(
      const std::vector<double> forecast,
      forecaster.Forecast(windows, steps_, [this] { return Cancelled(); }),
      "input 'X_forecast'");
  SC_RETURN_IF_ERROR(WriteForecast(forecast));
  if (context_.HasInput("train") != context_.HasInput("test")) {
    return absl::InvalidArgumentError(
        "inputs 'train' and 'test' are the two parts of one series; give both "
        "or neither");
  }
  if (!context_.HasInput("train")) return absl::OkStatus();
  return ReportOn(forecaster, forecast);
}

absl::Status ForecastExecution::WriteForecast(
    const std::vector<double>& forecast) {
  const int64_t windows = std::ssize(forecast) / steps_;
  at::Tensor values = at::empty({windows, steps_}, at::kFloat);
  std::copy(forecast.begin(), forecast.end(), values.mutable_data_ptr<float>());
  context_.SetMetric("forecast", values.const_data_ptr<float>()[0]);
  return context_.WriteTensors("y_forecast", {ViewOf("y_forecast", values)},
                               {});
}

absl::StatusOr<ForecastExecution::Series> ForecastExecution::OpenSeries(
    const Scaler& scaler) {
  Series series;
  const auto columns = static_cast<int64_t>(scaler.columns.size());
  for (const std::string part : {"train", "test"}) {
    SC_ASSIGN_OR_RETURN(const SafetensorsView file, context_.OpenTensors(part));
    SC_ASSIGN_OR_RETURN(
        const at::Tensor rows,
        FindTensor(file, part, Dtype::kF32, {kAnyLength, columns}), "input '",
        part, "'");
    const auto* const values = rows.const_data_ptr<float>();
    series.values.insert(series.values.end(), values, values + rows.numel());
    if (part == "train") series.train = rows.size(0);
  }
  for (size_t i = scaler.target; i < series.values.size(); i += columns) {
    series.targets.push_back(series.values[i]);
  }
  return series;
}

absl::Status ForecastExecution::ReportOn(const Forecaster& forecaster,
                                         const std::vector<double>& forecast) {
  SC_ASSIGN_OR_RETURN(const Series series, OpenSeries(forecaster.scaler()));
  std::vector<TableRow> table = HistoryOf(forecaster, series);
  SC_ASSIGN_OR_RETURN(const Backtest backtest,
                      TryOut(forecaster, series, table),
                      "inputs 'train' and 'test'");
  AppendForecast(forecaster, backtest, forecast, table);
  SetMetrics(backtest);
  const ReportFacts facts = {forecaster.scaler().target_column().name, steps_,
                             Season(forecaster.scaler()), interval_level_};
  SC_RETURN_IF_ERROR(
      context_.WriteOutput("report", FormatReport(facts, backtest)));
  return context_.WriteOutput("table", FormatTable(table));
}

absl::StatusOr<Backtest> ForecastExecution::TryOut(
    const Forecaster& forecaster, const Series& series,
    std::vector<TableRow>& table) {
  const Scaler& scaler = forecaster.scaler();
  SC_ASSIGN_OR_RETURN(
      const Windows windows,
      forecaster.CutWindows(series.values, scaler.last_timestamp));
  const auto cancelled = [this] { return Cancelled(); };
  // Window i ends with row i + lookback - 1; the last one has nothing after it.
  const int64_t last = windows.features.size(0) - 1;
  SC_ASSIGN_OR_RETURN(const std::vector<double> fits,
                      forecaster.Forecast(windows, 1, cancelled));
  for (int64_t i = 0; i < last; ++i) table[i + scaler.lookback].fit = fits[i];

  BacktestInput input;
  input.values = series.targets;
  input.train = series.train;
  input.first_origin = std::max(series.train, scaler.lookback) - 1;
  const int64_t first = input.first_origin - (scaler.lookback - 1);
  // No row of the series is further ahead of the first origin.
  input.steps = std::clamp<int64_t>(
      std::ssize(series.targets) - 1 - input.first_origin, 1, steps_);
  SC_ASSIGN_OR_RETURN(
      const std::vector<double> forecasts,
      forecaster.Forecast(windows.From(first), input.steps, cancelled));
  input.forecasts = forecasts;
  input.season = Season(scaler);
  input.target = scaler.target_column();
  return RunBacktest(input);
}

int64_t ForecastExecution::Season(const Scaler& scaler) const {
  const int64_t season = context_.Integer("season");
  return season > 0 ? season : SeasonLength(scaler.frequency);
}

std::vector<TableRow> ForecastExecution::HistoryOf(const Forecaster& forecaster,
                                                   const Series& series) const {
  const int64_t rows = std::ssize(series.targets);
  std::vector<TableRow> table(rows);
  for (int64_t row = 0; row < rows; ++row) {
    table[row].timestamp = forecaster.TimestampAfter(
        forecaster.scaler().last_timestamp, row - (rows - 1));
    table[row].actual = series.targets[row];
  }
  return table;
}

void ForecastExecution::AppendForecast(const Forecaster& forecaster,
                                       const Backtest& backtest,
                                       const std::vector<double>& forecast,
                                       std::vector<TableRow>& table) const {
  const Scaler& scaler = forecaster.scaler();
  for (int64_t step = 1; step <= steps_; ++step) {
    TableRow row;
    row.timestamp = scaler.FutureTimestamp(step);
    // Of several windows, the last is the one at the series' end.
    row.forecast = forecast[forecast.size() - steps_ + step - 1];
    if (step <= std::ssize(backtest.residuals)) {
      const Interval interval =
          NormalInterval(*row.forecast, backtest.residuals[step - 1],
                         interval_level_, scaler.target_column());
      row.lower = interval.lower;
      row.upper = interval.upper;
    }
    table.push_back(row);
  }
}

void ForecastExecution::SetMetrics(const Backtest& backtest) {
  const auto set = [this](const char* name,
                          const std::optional<Accuracy>& accuracy) {
    if (accuracy.has_value()) context_.SetMetric(name, accuracy->rmse);
  };
  set("rmse", backtest.all.model);
  set("rmse_naive", backtest.all.naive);
  set("rmse_seasonal_naive", backtest.all.seasonal_naive);
}

}  // namespace stagecoach
