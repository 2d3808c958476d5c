#include "services/forecast/forecast_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace stagecoach {
namespace {

// Ordered: people read the document too.
using Json = nlohmann::ordered_json;

constexpr int64_t kSecondsOfDay = 86'400;

Json OrNull(const std::optional<double>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

Json ToJson(const std::optional<Accuracy>& accuracy) {
  if (!accuracy.has_value()) return nullptr;
  return {{"forecasts", accuracy->forecasts},
          {"mae", accuracy->mae},
          {"rmse", accuracy->rmse},
          {"mape", OrNull(accuracy->mape)},
          {"mase", OrNull(accuracy->mase)}};
}

Json ToJson(const Comparison& comparison) {
  return {{"model", ToJson(comparison.model)},
          {"naive", ToJson(comparison.naive)},
          {"seasonal_naive", ToJson(comparison.seasonal_naive)}};
}

std::string Field(const std::optional<double>& value) {
  // Nine digits are all that a value of 32 bits has.
  return value.has_value() ? absl::StrFormat("%.9g", *value) : "";
}

}  // namespace

std::string FormatReport(const ReportFacts& facts, const Backtest& backtest) {
  Json document = {{"column", facts.column},
                   {"steps", facts.steps},
                   {"season", facts.season},
                   {"origins", backtest.origins},
                   {"accuracy", ToJson(backtest.all)}};
  const Comparison& all = backtest.all;
  const bool compares = all.model.has_value() &&
                        all.seasonal_naive.has_value() &&
                        all.model->forecasts == all.seasonal_naive->forecasts;
  document["beats_seasonal_naive"] =
      compares ? Json(all.model->rmse < all.seasonal_naive->rmse)
               : Json(nullptr);
  document["interval"] = {{"level", facts.interval_level},
                          {"method", "normal"},
                          {"residuals", backtest.residuals}};
  Json by_step = Json::array();
  for (const Comparison& comparison : backtest.by_step) {
    Json row = {{"step", by_step.size() + 1}};
    row.update(ToJson(comparison));
    by_step.push_back(std::move(row));
  }
  document["by_step"] = std::move(by_step);
  return document.dump(/*indent=*/1) + "\n";
}

std::string FormatTable(const std::vector<TableRow>& rows) {
  const bool dates =
      std::all_of(rows.begin(), rows.end(), [](const TableRow& row) {
        return row.timestamp.value_or(0) % kSecondsOfDay == 0;
      });
  const char* const format = dates ? "%Y-%m-%d" : absl::RFC3339_sec;
  std::string csv = "index,timestamp,actual,fit,forecast,lower,upper\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    const TableRow& row = rows[i];
    std::string timestamp;
    if (row.timestamp.has_value()) {
      timestamp = absl::FormatTime(
          format, absl::FromUnixSeconds(*row.timestamp), absl::UTCTimeZone());
    }
    absl::StrAppend(&csv, i, ",", timestamp, ",", Field(row.actual), ",",
                    Field(row.fit), ",", Field(row.forecast), ",");
    absl::StrAppend(&csv, Field(row.lower), ",", Field(row.upper), "\n");
  }
  return csv;
}

}  // namespace stagecoach
