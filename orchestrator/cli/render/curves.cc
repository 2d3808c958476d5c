#include "orchestrator/cli/render/curves.h"

#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/render/plot.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Tone ToneOf(size_t line) {
  constexpr Tone kTones[] = {Tone::kBusy, Tone::kWarning, Tone::kGood,
                             Tone::kBad};
  return kTones[line % std::size(kTones)];
}

std::string Drawn(const std::vector<PlotLine>& lines, const Layout& layout) {
  PlotOptions options;
  options.rows = 10;
  options.x_title = "epoch";
  return RenderPlot(lines, options, layout);
}

}  // namespace

std::string RenderEvaluationCurves(const History& history,
                                   const Layout& layout) {
  if (history.rows.size() < 2 || history.columns.front() != "epoch") return "";
  std::vector<PlotLine> lines;
  for (size_t column = 1; column < history.columns.size(); ++column) {
    PlotLine line;
    line.name =
        Printable(absl::StrReplaceAll(history.columns[column], {{"_", " "}}));
    line.tone = ToneOf(column - 1);
    for (const std::vector<double>& row : history.rows) {
      line.x.push_back(row.front());
      line.y.push_back(row[column]);
    }
    lines.push_back(std::move(line));
  }
  return Drawn(lines, layout);
}

std::string RenderLossCurve(absl::string_view json, const Layout& layout) {
  const nlohmann::json document = nlohmann::json::parse(
      json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return "";
  std::vector<PlotLine> lines;
  for (const auto& [key, name] :
       {std::pair{"loss", "loss"}, {"validation_loss", "validation loss"}}) {
    const auto values = document.find(key);
    if (values == document.end() || !values->is_array()) continue;
    if (values->size() < 2) continue;
    PlotLine line;
    line.name = name;
    line.tone = ToneOf(lines.size());
    for (const nlohmann::json& value : *values) {
      line.x.push_back(static_cast<double>(line.x.size()));
      line.y.push_back(value.is_number() ? value.get<double>() : kNone);
    }
    lines.push_back(std::move(line));
  }
  return Drawn(lines, layout);
}

}  // namespace stagecoach
