#include "orchestrator/cli/render/plain_lines.h"

#include <optional>
#include <utility>
#include <vector>

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

std::string RunLine(const v1::RunStateChange& change, const v1::Run& run) {
  std::string line = absl::StrCat(run.id(), " ", StateWord(change.state()));
  if (change.has_error()) {
    absl::StrAppend(&line, ": ", ErrorText(change.error()));
  }
  return line;
}

std::string AttemptNote(const v1::StepStateChange& change) {
  if (!change.has_attempt() || change.attempt().number() <= 1) return "";
  return absl::StrCat(" (attempt ", change.attempt().number(), ")");
}

std::string StepLine(const v1::StepStateChange& change, const v1::Run& run) {
  std::string line =
      absl::StrCat(change.step(), " ", StateWord(change.state()));
  if (change.state() == v1::STEP_STATE_RUNNING && change.has_attempt()) {
    absl::StrAppend(&line, " on ", change.attempt().replica());
  }
  absl::StrAppend(&line, AttemptNote(change));
  const v1::Step* step = FindStep(run, change.step());
  if (change.state() == v1::STEP_STATE_SUCCEEDED && step != nullptr) {
    const std::optional<absl::Duration> time =
        AttemptTime(*step, absl::InfinitePast());
    if (time) absl::StrAppend(&line, " in ", DurationText(*time));
    absl::StrAppend(&line, ": ", Plural(change.outputs_size(), "artifact"));
    for (const std::string& metric : MetricsText(change.attempt().metrics())) {
      absl::StrAppend(&line, "  ", metric);
    }
  }
  if (change.has_error()) {
    absl::StrAppend(&line, ": ", ErrorText(change.error()));
  }
  return line;
}

std::string ProgressText(const v1::AttemptProgress& report) {
  std::vector<std::string> parts = {report.step()};
  const std::string units = UnitsText(report.progress());
  if (!units.empty()) parts[0] += absl::StrCat(" ", units);
  for (std::string& metric : MetricsText(report.progress().metrics())) {
    parts.push_back(std::move(metric));
  }
  if (!report.progress().message().empty()) {
    parts.push_back(report.progress().message());
  }
  return absl::StrJoin(parts, "  ");
}

}  // namespace

bool PlainLines::WorthALine(const v1::AttemptProgress& report,
                            absl::Time time) {
  std::map<std::string, double> values(report.progress().metrics().begin(),
                                       report.progress().metrics().end());
  values.erase("loss");  // changes with every report
  Said& said = said_[report.step()];
  const bool evaluated = !values.empty() && values != said.values;
  if (!evaluated && time - said.time < between_reports_) return false;
  said.time = time;
  said.values = std::move(values);
  return true;
}

std::string PlainLines::Format(const v1::RunEvent& event, const v1::Run& run) {
  const absl::Time time = FromTimestamp(event.time());
  std::string text;
  switch (event.event_case()) {
    case v1::RunEvent::kRun:
      text = RunLine(event.run(), run);
      break;
    case v1::RunEvent::kStep:
      // Its time counts from here: a short step needs no report of its own.
      said_[event.step().step()] = Said{time, {}};
      text = StepLine(event.step(), run);
      break;
    case v1::RunEvent::kProgress:
      if (!WorthALine(event.progress(), time)) return "";
      text = ProgressText(event.progress());
      break;
    case v1::RunEvent::EVENT_NOT_SET:
      return "";
  }
  return Printable(absl::StrCat(TimeOfDayText(time, zone_), " ", text));
}

}  // namespace stagecoach
