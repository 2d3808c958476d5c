#include "orchestrator/cli/render/progress.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/run_view.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

constexpr int kWidestBar = 20;
constexpr int kNarrowestBar = 6;
constexpr int kGap = 2;
constexpr int kTimeLeftWidth = 10;  // `ETA 0.25 s`
constexpr int kLiveDigits = 3;

std::string Repeat(absl::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) absl::StrAppend(&result, text);
  return result;
}

// The units, as wide as they will become.
std::string SteadyUnits(const v1::Progress& progress) {
  v1::Progress done = progress;
  done.set_units_done(progress.units_total());
  const std::string now = UnitsText(progress);
  const int missing = DisplayWidth(UnitsText(done)) - DisplayWidth(now);
  const size_t at = now.find(' ');
  if (missing <= 0 || at == std::string::npos) return now;
  return absl::StrCat(now.substr(0, at), std::string(missing, ' '),
                      now.substr(at));
}

// What may follow the bar, most important first.
std::vector<Span> Details(const v1::Progress& progress,
                          absl::Duration elapsed) {
  std::vector<Span> details;
  const std::string units = SteadyUnits(progress);
  if (!units.empty()) details.push_back({units});
  const std::optional<absl::Duration> left =
      TimeLeft(progress.fraction(), elapsed);
  if (left.has_value() && progress.fraction() < 1) {
    details.push_back(
        {PadRight(absl::StrCat("ETA ", DurationText(*left)), kTimeLeftWidth)});
  }
  for (std::string& metric : MetricsText(progress.metrics(), kLiveDigits)) {
    details.push_back({std::move(metric), Tone::kFaint});
  }
  if (!progress.message().empty()) {
    details.push_back({Printable(progress.message()), Tone::kFaint});
  }
  return details;
}

}  // namespace

Line ProgressBar(double fraction, int width) {
  const double held = std::isnan(fraction) ? 0 : std::clamp(fraction, 0.0, 1.0);
  // Half columns, so that a slow bar is seen to move.
  const int halves = static_cast<int>(std::floor(held * width * 2));
  const int full = halves / 2;
  const bool half = halves % 2 == 1;
  Line bar;
  if (full > 0 || half) {
    bar.push_back({Repeat("━", full) + (half ? "╸" : ""), Tone::kBusy});
  }
  const int rest = width - full - (half ? 1 : 0);
  if (rest > 0) bar.push_back({Repeat("─", rest), Tone::kFaint});
  return bar;
}

std::string UnitsText(const v1::Progress& progress) {
  if (progress.units_total() > 0) {
    return Printable(
        absl::StrCat(progress.unit(), progress.unit().empty() ? "" : " ",
                     progress.units_done(), "/", progress.units_total()));
  }
  if (progress.units_done() > 0) {
    return Printable(absl::StrCat(progress.unit(),
                                  progress.unit().empty() ? "" : " ",
                                  progress.units_done()));
  }
  if (progress.fraction() > 0) {
    return absl::StrFormat("%.0f %%", progress.fraction() * 100);
  }
  return "";
}

std::vector<std::string> MetricsText(
    const google::protobuf::Map<std::string, double>& metrics,
    int significant) {
  const std::map<std::string, double> sorted(metrics.begin(), metrics.end());
  std::vector<std::string> result;
  for (const auto& [name, value] : sorted) {
    absl::string_view base = name;
    if (absl::ConsumeSuffix(&base, "_train") &&
        sorted.count(absl::StrCat(base, "_test")) > 0) {
      continue;  // shown together with the value for test data
    }
    std::string text = absl::StrCat(name, " ", NumberText(value, significant));
    if (base = name; absl::ConsumeSuffix(&base, "_test")) {
      const auto train = sorted.find(absl::StrCat(base, "_train"));
      if (train != sorted.end()) {
        text = absl::StrCat(base, " ", NumberText(train->second, significant),
                            "/", NumberText(value, significant));
      }
    }
    text = Printable(text);
    if (name == "loss") {
      result.insert(result.begin(), std::move(text));
    } else {
      result.push_back(std::move(text));
    }
  }
  return result;
}

Line ProgressLine(const v1::Progress& progress, absl::Duration elapsed,
                  int width) {
  std::vector<Span> details = Details(progress, elapsed);
  int used = kNarrowestBar;
  std::vector<Span> chosen;
  for (Span& detail : details) {
    const int more = kGap + DisplayWidth(detail.text);
    if (width > 0 && used + more > width) continue;
    used += more;
    chosen.push_back(std::move(detail));
  }
  int bar = kWidestBar;
  if (width > 0) bar = std::min(bar, kNarrowestBar + width - used);
  Line line;
  if (bar > 0) line = ProgressBar(progress.fraction(), bar);
  for (Span& detail : chosen) {
    line.push_back({std::string(kGap, ' ')});
    line.push_back(std::move(detail));
  }
  return line;
}

}  // namespace stagecoach
