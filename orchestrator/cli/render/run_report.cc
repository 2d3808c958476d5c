#include "orchestrator/cli/render/run_report.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "orchestrator/cli/render/curves.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/run_view.h"
#include "orchestrator/cli/render/run_words.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr int kEvaluationRows = 25;

std::string Heading(const Layout& layout, absl::string_view text) {
  return absl::StrCat("\n", Paint(layout, Tone::kStrong, text), "\n");
}

std::string ValuesOf(const RunReport& report, const v1::Artifact& artifact) {
  const auto found = report.values.find(artifact.uri());
  return found == report.values.end() ? "" : found->second;
}

std::string Results(const RunReport& report, const Layout& layout) {
  Table table({{"STEP"},
               {"ARTIFACT"},
               {"SHAPE"},
               {"VALUES", Align::kLeft, Overflow::kCut}},
              /*indent=*/2);
  for (const v1::Step& step : report.run.steps()) {
    std::string name = Printable(step.name());
    for (const v1::Artifact& artifact : step.outputs()) {
      table.AddRow({{name},
                    {Printable(artifact.name())},
                    {ArtifactKindText(artifact), Tone::kFaint},
                    {ValuesOf(report, artifact)}});
      name.clear();
    }
  }
  if (table.empty()) return "";
  return Heading(layout, "Results") + table.Render(layout);
}

std::string Evaluations(const RunReport& report, const Layout& layout) {
  if (!report.history.has_value() || report.history->rows.empty()) return "";
  bool rmse = false;
  for (const std::string& column : report.history->columns) {
    rmse = rmse || absl::StrContains(column, "rmse");
  }
  // A picture is for people; files and pipes get the numbers alone.
  const std::string curves =
      layout.width > 0 ? RenderEvaluationCurves(*report.history, layout) : "";
  return absl::StrCat(
      Heading(layout, rmse ? "RMSE per evaluation" : "Evaluations"),
      RenderHistory(*report.history, kEvaluationRows, /*indent=*/2, layout),
      curves.empty() ? "" : "\n", curves);
}

std::string Outputs(const RunReport& report, const Layout& layout) {
  Table table({{""}, {""}, {"", Align::kLeft, Overflow::kCut}},
              /*indent=*/2);
  const std::map<std::string, v1::Artifact> sorted(report.run.outputs().begin(),
                                                   report.run.outputs().end());
  for (const auto& [name, artifact] : sorted) {
    table.AddRow({{Printable(name)},
                  {ArtifactKindText(artifact), Tone::kFaint},
                  {ValuesOf(report, artifact), Tone::kStrong}});
  }
  if (table.empty()) return "";
  return Heading(layout, "Outputs") + table.Render(layout);
}

std::string Times(const v1::Run& run, const Layout& layout) {
  const std::string last =
      run.steps().empty() ? "the end" : run.steps(run.steps_size() - 1).name();
  std::string text = absl::StrCat(
      "  trigger to ",
      run.state() == v1::RUN_STATE_SUCCEEDED ? Printable(last) : "the end", " ",
      DurationText(RunTime(run, absl::InfiniteFuture())));
  if (run.has_times()) {
    absl::StrAppend(&text, ": ", RunTimesText(run.times()));
  }
  std::string result = Heading(layout, "Time");
  const int width = layout.width > 0 ? layout.width - 2 : 1000;
  for (const std::string& line : Wrap(text, width)) {
    absl::StrAppend(&result, "  ", line, "\n");
  }
  return result;
}

std::string Places(const RunReport& report, const Layout& layout) {
  const std::string folder = ArtifactFolder(report.run);
  if (folder.empty()) return "";
  std::string text = Heading(layout, "Artifacts");
  absl::StrAppend(&text, "  ", Printable(folder), "\n");
  if (!report.local_folder.empty()) {
    absl::StrAppend(&text, "  ", Printable(report.local_folder), "\n");
  }
  return text;
}

// One step with its failed attempts.
std::string FailedStep(const v1::Step& step, const Layout& layout) {
  std::string text = absl::StrCat(
      "  ", Paint(layout, Tone::kBad, StateSymbol(step.state())), " step ",
      Paint(layout, Tone::kStrong, Printable(step.name())), "\n");
  for (const v1::Attempt& attempt : step.attempts()) {
    if (!attempt.has_error()) continue;
    absl::StrAppend(&text, "    attempt ", attempt.number(), " ",
                    StateWord(attempt.state()), " on ",
                    Printable(attempt.replica()), "\n");
    const int width = layout.width > 0 ? layout.width - 6 : 1000;
    for (const std::string& line : Wrap(ErrorText(attempt.error()), width)) {
      absl::StrAppend(&text, "      ", line, "\n");
    }
  }
  if (step.attempts().empty() && step.has_error()) {
    absl::StrAppend(&text, "    ", ErrorText(step.error()), "\n");
  }
  return text;
}

std::string Failures(const v1::Run& run, const Layout& layout) {
  std::string text;
  for (const v1::Step& step : run.steps()) {
    if (step.state() == v1::STEP_STATE_FAILED) {
      absl::StrAppend(&text, FailedStep(step, layout));
    }
  }
  if (text.empty() && run.has_error()) {
    text = absl::StrCat("  ", ErrorText(run.error()), "\n");
  }
  return text.empty() ? "" : Heading(layout, "Why") + text;
}

std::string FirstOutput(const v1::Run& run) {
  for (auto step = run.steps().rbegin(); step != run.steps().rend(); ++step) {
    if (!step->outputs().empty()) return step->outputs(0).name();
  }
  return "";
}

// Three commands that make sense after this run.
std::string NextCommands(const RunReport& report, const Layout& layout) {
  const v1::Run& run = report.run;
  std::vector<std::string> commands = {absl::StrCat("get ", run.id())};
  const std::string output = FirstOutput(run);
  if (!output.empty()) {
    commands.push_back(absl::StrCat("artifacts show ", run.id(), " ", output));
  }
  if (run.state() == v1::RUN_STATE_SUCCEEDED) {
    std::string again = absl::StrCat("run ", run.pipeline_name());
    if (run.pipeline().parameters_size() > 0) {
      const v1::ParameterSpec& spec = run.pipeline().parameters(0);
      absl::StrAppend(&again, " --set ", spec.name(), "=",
                      ParameterValueText(spec.default_value()));
    }
    commands.push_back(again);
  } else {
    commands.push_back(absl::StrCat("retry ", run.id()));
  }
  std::string text = Heading(layout, "Go on with");
  for (const std::string& command : commands) {
    absl::StrAppend(&text, "  ", Printable(report.program), " ",
                    Printable(command), "\n");
  }
  return text;
}

std::string Title(const v1::Run& run, const Layout& layout) {
  return absl::StrCat(
      Paint(layout, Tone::kStrong, Printable(run.id())), " ",
      Paint(layout, StateTone(run.state()), StateWord(run.state())), " after ",
      DurationText(RunTime(run, absl::InfiniteFuture())), "\n");
}

}  // namespace

std::string RunTimesText(const v1::RunTimes& times) {
  const auto part = [](absl::string_view name,
                       const google::protobuf::Duration& duration) {
    return absl::StrCat(name, " ", DurationText(FromProtoDuration(duration)));
  };
  return absl::StrJoin(
      {part("queue", times.queue()), part("dispatch", times.dispatch()),
       part("read", times.read()), part("compute", times.compute()),
       part("write", times.write()), part("commit", times.commit())},
      ", ");
}

std::string ArtifactFolder(const v1::Run& run) {
  const std::string part = absl::StrCat("/runs/", run.id(), "/");
  for (const v1::Step& step : run.steps()) {
    for (const v1::Artifact& artifact : step.outputs()) {
      const size_t at = artifact.uri().find(part);
      if (at != std::string::npos) {
        return artifact.uri().substr(0, at + part.size() - 1);
      }
    }
  }
  return "";
}

std::string RenderRunReport(const RunReport& report, const Layout& layout) {
  std::string text = Title(report.run, layout);
  absl::StrAppend(&text, Failures(report.run, layout), Results(report, layout),
                  Evaluations(report, layout), Outputs(report, layout));
  absl::StrAppend(&text, Times(report.run, layout), Places(report, layout),
                  NextCommands(report, layout));
  return text;
}

}  // namespace stagecoach
