// The documents in which a forecast is handed over to people and programs.

#ifndef SERVICES_FORECAST_FORECAST_REPORT_H_
#define SERVICES_FORECAST_FORECAST_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/forecast/backtest.h"

namespace stagecoach {

// What forecasts are worth, as the JSON document that forecast/README.md
// describes.
struct ReportFacts {
  std::string column;  // empty if it is not known
  int64_t steps = 1;
  int64_t season = 1;
  double interval_level = 0.95;
};
std::string FormatReport(const ReportFacts& facts, const Backtest& backtest);

// One row of the series or after it, in its original units; what there is not
// is empty.
struct TableRow {
  std::optional<int64_t> timestamp;  // seconds since 1970 in UTC
  std::optional<double> actual;
  std::optional<double> fit;  // forecast one step before
  std::optional<double> forecast;
  std::optional<double> lower;
  std::optional<double> upper;
};

// As CSV with the columns index (from 0), timestamp, actual, fit, forecast,
// lower, upper. Timestamps are dates if all are at midnight, otherwise RFC
// 3339.
std::string FormatTable(const std::vector<TableRow>& rows);

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_FORECAST_REPORT_H_
