// A forecast as the forecast stage hands it over: a table of what was, what the
// model would have said, and what it says.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_FORECAST_VIEW_H_
#define ORCHESTRATOR_CLI_RENDER_FORECAST_VIEW_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "orchestrator/cli/render/style.h"

namespace stagecoach {

// A row of the series, or after it. NaN where there is no value.
struct ForecastRow {
  std::string label;  // a timestamp, or the row's index
  double actual = 0;
  double fit = 0;
  double forecast = 0;
  double lower = 0;
  double upper = 0;
};

// Reads a CSV with columns of these names in any order; `timestamp` or else
// `index` is the label. Nothing if `csv` has no column `forecast`, or a row is
// not as wide as the header.
std::optional<std::vector<ForecastRow>> ParseForecast(absl::string_view csv);

// The series, the fit, the forecast and its interval as a plot, and the
// forecast as a table. Of a long series only the end is drawn.
std::string RenderForecast(const std::vector<ForecastRow>& rows,
                           const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_FORECAST_VIEW_H_
