// One execution of the forecast stage: inputs, forecast, report, outputs.

#ifndef SERVICES_FORECAST_FORECAST_EXECUTION_H_
#define SERVICES_FORECAST_FORECAST_EXECUTION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "services/common/stagekit/execution_context.h"
#include "services/forecast/backtest.h"
#include "services/forecast/forecast_report.h"
#include "services/forecast/forecaster.h"

namespace stagecoach {

// Threads: one at a time. Errors: libtorch's exceptions pass through.
class ForecastExecution {
 public:
  // `context` must outlive the execution.
  explicit ForecastExecution(ExecutionContext& context);

  // Forecasts from X_forecast; with the series also tries the model on its
  // test part and writes the report and the table.
  //
  // INVALID_ARGUMENT: one part of the series is given without the other.
  // FAILED_PRECONDITION: as Forecaster says, naming the input.
  absl::Status Run();

 private:
  // The whole series, the training part first.
  struct Series {
    std::vector<float> values;    // row by row, all columns
    std::vector<double> targets;  // of the column that is forecast
    int64_t train = 0;            // rows of the training part
  };

  absl::Status WriteForecast(const std::vector<double>& forecast);
  absl::StatusOr<Series> OpenSeries(const Scaler& scaler);
  absl::Status ReportOn(const Forecaster& forecaster,
                        const std::vector<double>& forecast);
  // Forecasts from every row that has a window before it; of each the first
  // is kept as the fit of the row after it.
  absl::StatusOr<Backtest> TryOut(const Forecaster& forecaster,
                                  const Series& series,
                                  std::vector<TableRow>& table);
  std::vector<TableRow> HistoryOf(const Forecaster& forecaster,
                                  const Series& series) const;
  void AppendForecast(const Forecaster& forecaster, const Backtest& backtest,
                      const std::vector<double>& forecast,
                      std::vector<TableRow>& table) const;
  void SetMetrics(const Backtest& backtest);
  // The parameter, or what the frequency of the series suggests.
  int64_t Season(const Scaler& scaler) const;
  bool Cancelled() const { return context_.cancelled(); }

  ExecutionContext& context_;
  const int64_t steps_;
  const double interval_level_;
};

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_FORECAST_EXECUTION_H_
