#include "orchestrator/cli/render/forecast_view.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/plot.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// More points than a terminal has columns say nothing more.
constexpr size_t kMostRows = 400;
constexpr size_t kMostForecasts = 40;
constexpr int kDigits = 5;

using Row = std::vector<absl::string_view>;

// Where a column stands in the header; nothing if it does not.
std::optional<size_t> FindColumn(const Row& header, absl::string_view name) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) return std::nullopt;
  return static_cast<size_t>(found - header.begin());
}

double Number(const Row& row, const std::optional<size_t>& column) {
  double value = kNone;
  if (!column.has_value() || !absl::SimpleAtod(row[*column], &value)) {
    return kNone;
  }
  return value;
}

// One of the row's values as a line over the rows' numbers.
PlotLine MakeLine(const char* name, Tone tone,
                  const std::vector<ForecastRow>& rows,
                  double ForecastRow::*value) {
  PlotLine line{name, {}, {}, tone};
  for (const ForecastRow& row : rows) {
    line.x.push_back(static_cast<double>(line.x.size()));
    line.y.push_back(row.*value);
  }
  return line;
}

bool IsForecast(const ForecastRow& row) {
  return std::isfinite(row.forecast) && !std::isfinite(row.actual);
}

std::string Plot(std::vector<ForecastRow> rows, const Layout& layout) {
  if (rows.size() > kMostRows) {
    rows.erase(rows.begin(), rows.end() - kMostRows);
  }
  // The forecast's line starts where the series ends.
  const auto first = std::find_if(rows.begin(), rows.end(), IsForecast);
  if (first != rows.begin() && first != rows.end()) {
    (first - 1)->forecast = (first - 1)->actual;
  }
  std::vector<PlotLine> lines;
  for (PlotLine& line : std::vector<PlotLine>{
           MakeLine("lower", Tone::kFaint, rows, &ForecastRow::lower),
           MakeLine("upper", Tone::kFaint, rows, &ForecastRow::upper),
           MakeLine("fit", Tone::kWarning, rows, &ForecastRow::fit),
           MakeLine("actual", Tone::kPlain, rows, &ForecastRow::actual),
           MakeLine("forecast", Tone::kGood, rows, &ForecastRow::forecast)}) {
    const bool any = std::any_of(line.y.begin(), line.y.end(),
                                 [](double y) { return std::isfinite(y); });
    if (any) lines.push_back(std::move(line));
  }
  PlotOptions options;
  options.rows = 16;
  options.first_label = rows.front().label;
  options.last_label = rows.back().label;
  return RenderPlot(lines, options, layout);
}

std::string Cell(double value) {
  return std::isfinite(value) ? NumberText(value, kDigits) : "-";
}

}  // namespace

std::optional<std::vector<ForecastRow>> ParseForecast(absl::string_view csv) {
  std::vector<absl::string_view> lines =
      absl::StrSplit(absl::StripSuffix(csv, "\n"), '\n');
  const Row header = absl::StrSplit(lines.front(), ',');
  if (!FindColumn(header, "forecast").has_value()) return std::nullopt;
  std::optional<size_t> label = FindColumn(header, "timestamp");
  std::vector<ForecastRow> rows;
  for (size_t i = 1; i < lines.size(); ++i) {
    const Row row = absl::StrSplit(absl::StripSuffix(lines[i], "\r"), ',');
    if (row.size() != header.size()) return std::nullopt;
    // A series without timestamps has them empty.
    if (i == 1 && (!label.has_value() || row[*label].empty())) {
      label = FindColumn(header, "index");
    }
    ForecastRow& entry = rows.emplace_back();
    entry.label =
        label.has_value() ? Printable(row[*label]) : absl::StrCat(i - 1);
    entry.actual = Number(row, FindColumn(header, "actual"));
    entry.fit = Number(row, FindColumn(header, "fit"));
    entry.forecast = Number(row, FindColumn(header, "forecast"));
    entry.lower = Number(row, FindColumn(header, "lower"));
    entry.upper = Number(row, FindColumn(header, "upper"));
  }
  if (rows.empty()) return std::nullopt;
  return rows;
}

std::string RenderForecast(const std::vector<ForecastRow>& rows,
                           const Layout& layout) {
  std::vector<ForecastRow> forecasts;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(forecasts),
               IsForecast);
  Table table({{""},
               {"FORECAST", Align::kRight},
               {"LOWER", Align::kRight},
               {"UPPER", Align::kRight}},
              2);
  for (size_t i = 0; i < forecasts.size(); ++i) {
    const ForecastRow& row = forecasts[i];
    if (i == kMostForecasts) {
      table.AddRow({{absl::StrCat("… ", forecasts.size() - i, " more")}});
      break;
    }
    table.AddRow({{row.label},
                  {Cell(row.forecast), Tone::kStrong},
                  {Cell(row.lower)},
                  {Cell(row.upper)}});
  }
  return absl::StrCat(Plot(rows, layout), table.empty() ? "" : "\n",
                      table.empty() ? "" : table.Render(layout));
}

}  // namespace stagecoach
