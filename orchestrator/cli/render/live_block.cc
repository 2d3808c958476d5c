#include "orchestrator/cli/render/live_block.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/progress.h"
#include "orchestrator/cli/render/run_view.h"
#include "orchestrator/cli/render/run_words.h"
#include "orchestrator/cli/render/text.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr int kWidestName = 20;
constexpr int kGap = 2;
constexpr int kTimeWidth = 11;  // `59 min 59 s`

int NameWidth(const v1::Run& run, int width) {
  int widest = 0;
  for (const v1::Step& step : run.steps()) {
    widest = std::max(widest, DisplayWidth(Printable(step.name())));
  }
  return std::min({widest, kWidestName, std::max(1, width / 3)});
}

int TimeWidth(const v1::Run& run, absl::Time now) {
  int widest = 6;
  for (const v1::Step& step : run.steps()) {
    if (const auto time = AttemptTime(step, now)) {
      widest = std::max(widest, DisplayWidth(DurationText(*time)));
    }
  }
  return std::min(widest, kTimeWidth);
}

Line FailureDetail(const v1::Step& step, absl::Time now) {
  Line line;
  if (step.state() == v1::STEP_STATE_BACKING_OFF) {
    const v1::Attempt* attempt = LastAttempt(step);
    line.push_back(
        {absl::StrCat("attempt ", attempt == nullptr ? 1 : attempt->number(),
                      " failed, trying again"),
         Tone::kWarning});
    if (step.has_next_attempt_time()) {
      const absl::Duration wait = FromTimestamp(step.next_attempt_time()) - now;
      line.push_back(
          {absl::StrCat(" in ", DurationText(wait)), Tone::kWarning});
    }
    line.push_back({"  "});
  }
  if (step.has_error()) {
    line.push_back({ErrorText(step.error()), Tone::kBad});
  }
  return line;
}

Line SuccessDetail(const v1::Step& step) {
  std::vector<std::string> parts = {Plural(step.outputs_size(), "artifact")};
  if (!step.reused_from_run().empty()) {
    parts.insert(parts.begin(),
                 Printable(absl::StrCat("from ", step.reused_from_run())));
  }
  const v1::Attempt* attempt = LastAttempt(step);
  const auto& metrics = attempt != nullptr && !attempt->metrics().empty()
                            ? attempt->metrics()
                            : step.progress().metrics();
  for (std::string& metric : MetricsText(metrics)) {
    parts.push_back(std::move(metric));
  }
  return {{absl::StrJoin(parts, "  "), Tone::kFaint}};
}

Line RunningDetail(const v1::Step& step, absl::Time now, int width) {
  const v1::Attempt* attempt = LastAttempt(step);
  Line line;
  if (attempt != nullptr && attempt->number() > 1) {
    line.push_back(
        {absl::StrCat("attempt ", attempt->number(), "  "), Tone::kWarning});
  }
  if (!step.has_progress()) return line;
  const absl::Duration elapsed =
      AttemptTime(step, now).value_or(absl::ZeroDuration());
  for (Span& span : ProgressLine(step.progress(), elapsed,
                                 std::max(1, width - LineWidth(line)))) {
    line.push_back(std::move(span));
  }
  return line;
}

Line Detail(const v1::Step& step, absl::Time now, int width) {
  switch (step.state()) {
    case v1::STEP_STATE_RUNNING:
      return RunningDetail(step, now, width);
    case v1::STEP_STATE_SUCCEEDED:
      return SuccessDetail(step);
    case v1::STEP_STATE_BACKING_OFF:
    case v1::STEP_STATE_FAILED:
      return FailureDetail(step, now);
    case v1::STEP_STATE_QUEUED:
      return {{"waiting for a free slot", Tone::kFaint}};
    case v1::STEP_STATE_CANCELLED:
    case v1::STEP_STATE_SKIPPED:
      return {{StateWord(step.state()), Tone::kFaint}};
    default:
      return {};
  }
}

Line StepLine(const v1::Step& step, absl::Time now, int name_width,
              int time_width, int width) {
  const std::optional<absl::Duration> time = AttemptTime(step, now);
  Line line;
  line.push_back(
      {std::string(StateSymbol(step.state())), StateTone(step.state())});
  line.push_back({" "});
  const std::string name = Truncate(Printable(step.name()), name_width);
  line.push_back({name});
  const int left = std::max(1, width - 2 - name_width - 2 * kGap - time_width);
  Line detail = Detail(step, now, left);
  if (!time.has_value() && detail.empty()) return line;
  line.push_back({std::string(name_width - DisplayWidth(name) + kGap, ' ')});
  line.push_back(
      {PadLeft(time ? DurationText(*time) : "", time_width), Tone::kFaint});
  line.push_back({std::string(kGap, ' ')});
  for (Span& span : detail) line.push_back(std::move(span));
  return line;
}

// How willingly a step's line is left out when there is no room.
int Importance(const v1::Step& step) {
  switch (step.state()) {
    case v1::STEP_STATE_RUNNING:
    case v1::STEP_STATE_FAILED:
    case v1::STEP_STATE_BACKING_OFF:
      return 3;
    case v1::STEP_STATE_QUEUED:
      return 2;
    case v1::STEP_STATE_PENDING:
      return 1;
    default:
      return 0;
  }
}

// Indices of the steps to show, in order, at most `room`.
std::vector<int> ChooseSteps(const v1::Run& run, int room) {
  std::vector<int> chosen(run.steps_size());
  for (int i = 0; i < run.steps_size(); ++i) chosen[i] = i;
  if (run.steps_size() <= room) return chosen;
  std::stable_sort(chosen.begin(), chosen.end(), [&run](int a, int b) {
    return Importance(run.steps(a)) > Importance(run.steps(b));
  });
  chosen.resize(std::max(0, room));
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace

std::vector<Line> RenderLiveBlock(const v1::Run& run, absl::Time now,
                                  const LiveBlockOptions& options) {
  std::vector<Line> lines;
  lines.push_back({{Printable(run.id()), Tone::kStrong},
                   {"  "},
                   StateSpan(run.state()),
                   {"  "},
                   {DurationText(RunTime(run, now)), Tone::kFaint}});
  const int around = options.notice.empty() ? 1 : 2;
  int room = options.height - around;
  if (run.steps_size() > room) --room;  // for the line that says how many
  const std::vector<int> chosen = ChooseSteps(run, room);
  const int name_width = NameWidth(run, options.width);
  const int time_width = TimeWidth(run, now);
  for (int index : chosen) {
    lines.push_back(
        StepLine(run.steps(index), now, name_width, time_width, options.width));
  }
  const int hidden = run.steps_size() - static_cast<int>(chosen.size());
  if (hidden > 0) {
    lines.push_back(
        {{absl::StrCat("… ", Plural(hidden, "more step")), Tone::kFaint}});
  }
  if (!options.notice.empty()) {
    lines.push_back({{Printable(options.notice), Tone::kWarning}});
  }
  for (Line& line : lines) line = FitLine(line, options.width);
  return lines;
}

}  // namespace stagecoach
