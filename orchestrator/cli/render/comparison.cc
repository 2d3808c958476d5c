#include "orchestrator/cli/render/comparison.h"

#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/run_view.h"
#include "orchestrator/cli/render/run_words.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// Metrics are compared to so many digits: more than training repeats exactly.
constexpr int kMetricDigits = 6;
// Longer values say less side by side than what kind of thing it is.
constexpr int kWidestPreview = 40;

// A value as it is shown, and what decides whether two are the same.
struct Cell {
  std::string text;
  std::string identity;
};
using Cells = std::map<std::string, Cell>;

// The rows of a section, from what each run has.
ComparedSection MakeSection(std::string name, const std::vector<Cells>& runs) {
  std::map<std::string, ComparedRow> rows;
  for (const Cells& cells : runs) {
    for (const auto& [key, cell] : cells) rows[key].name = key;
  }
  ComparedSection section{std::move(name), {}};
  for (auto& [key, row] : rows) {
    row.same = true;
    const auto first = runs.front().find(key);
    for (const Cells& cells : runs) {
      const auto cell = cells.find(key);
      const bool known = cell != cells.end();
      row.values.push_back(known ? cell->second.text : "");
      row.same = row.same && known && first != runs.front().end() &&
                 cell->second.identity == first->second.identity;
    }
    section.rows.push_back(std::move(row));
  }
  return section;
}

Cells Parameters(const v1::Run& run) {
  Cells cells;
  for (const auto& [name, value] : run.parameters()) {
    const std::string text = Printable(ParameterValueText(value));
    cells[name] = {text, QuotedParameterValue(value)};
  }
  return cells;
}

Cell ArtifactCell(const v1::Artifact& artifact, std::string text) {
  return {std::move(text),
          artifact.sha256().empty() ? artifact.uri() : artifact.sha256()};
}

Cells Inputs(const v1::Run& run) {
  Cells cells;
  for (const auto& [name, artifact] : run.inputs()) {
    cells[name] = ArtifactCell(artifact, Printable(artifact.uri()));
  }
  return cells;
}

Cells Outputs(const v1::Run& run,
              const std::map<std::string, std::string>& previews) {
  Cells cells;
  for (const auto& [name, artifact] : run.outputs()) {
    const auto preview = previews.find(artifact.uri());
    const bool short_enough = preview != previews.end() &&
                              DisplayWidth(preview->second) <= kWidestPreview;
    cells[name] = ArtifactCell(
        artifact, short_enough
                      ? preview->second
                      : absl::StrCat(ArtifactKindText(artifact), ", ",
                                     BytesText(artifact.size_bytes())));
  }
  return cells;
}

Cells Metrics(const v1::Run& run) {
  Cells cells;
  for (const v1::Step& step : run.steps()) {
    const v1::Attempt* attempt = LastAttempt(step);
    if (attempt == nullptr) continue;
    for (const auto& [name, value] : attempt->metrics()) {
      const std::string text = NumberText(value, kMetricDigits);
      cells[absl::StrCat(step.name(), ".", name)] = {text, text};
    }
  }
  return cells;
}

Cells Times(const v1::Run& run, absl::Time now) {
  Cells cells;
  const auto add = [&cells](const std::string& name, absl::Duration time) {
    const std::string text = DurationText(time);
    cells[name] = {text, text};
  };
  add("run", RunTime(run, now));
  for (const v1::Step& step : run.steps()) {
    if (const auto time = AttemptTime(step, now)) add(step.name(), *time);
  }
  return cells;
}

Cells About(const v1::Run& run) {
  Cells cells;
  const auto add = [&cells](const std::string& name, std::string text) {
    cells[name] = {text, text};
  };
  add("pipeline", Printable(run.pipeline_name()));
  if (run.pipeline().version() > 0) {
    add("version", absl::StrCat(run.pipeline().version()));
  }
  add("state", StateWord(run.state()));
  return cells;
}

// Both values as numbers, for how far they are apart.
std::string ChangeText(const ComparedRow& row) {
  if (row.same || row.values.size() != 2) return "";
  double before = 0;
  double after = 0;
  if (!absl::SimpleAtod(row.values[0], &before) ||
      !absl::SimpleAtod(row.values[1], &after)) {
    return "";
  }
  const double change = after - before;
  std::string text = absl::StrCat(change > 0 ? "+" : "",
                                  NumberText(change, kMetricDigits - 2));
  if (before != 0) {
    const double percent = 100 * change / std::abs(before);
    absl::StrAppend(&text, " (", percent > 0 ? "+" : "", NumberText(percent, 3),
                    " %)");
  }
  return text;
}

}  // namespace

std::vector<ComparedSection> CompareRuns(
    absl::Span<const v1::Run> runs,
    const std::map<std::string, std::string>& previews, absl::Time now) {
  std::vector<Cells> about;
  std::vector<Cells> parameters;
  std::vector<Cells> inputs;
  std::vector<Cells> metrics;
  std::vector<Cells> outputs;
  std::vector<Cells> times;
  for (const v1::Run& run : runs) {
    about.push_back(About(run));
    parameters.push_back(Parameters(run));
    inputs.push_back(Inputs(run));
    metrics.push_back(Metrics(run));
    outputs.push_back(Outputs(run, previews));
    times.push_back(Times(run, now));
  }
  std::vector<ComparedSection> sections = {
      MakeSection("run", about),       MakeSection("parameters", parameters),
      MakeSection("inputs", inputs),   MakeSection("metrics", metrics),
      MakeSection("outputs", outputs), MakeSection("times", times)};
  ComparedRow ids{"id", {}, false};
  for (const v1::Run& run : runs) ids.values.push_back(Printable(run.id()));
  sections.front().rows.insert(sections.front().rows.begin(), std::move(ids));
  return sections;
}

std::string RenderComparison(absl::Span<const ComparedSection> sections,
                             bool only_differences, const Layout& layout) {
  std::string text;
  for (const ComparedSection& section : sections) {
    std::vector<Column> columns = {{absl::AsciiStrToUpper(section.name)}};
    for (size_t i = 0; i < sections.front().rows.front().values.size(); ++i) {
      columns.push_back({sections.front().rows.front().values[i], Align::kLeft,
                         Overflow::kWrap});
    }
    columns.push_back({"", Align::kLeft});
    Table table(columns);
    for (const ComparedRow& row : section.rows) {
      if (row.name == "id" && section.name == "run") continue;
      if (only_differences && row.same) continue;
      const Tone tone = row.same ? Tone::kFaint : Tone::kPlain;
      Line line = {
          {Printable(row.name), row.same ? Tone::kFaint : Tone::kStrong}};
      for (const std::string& value : row.values) {
        line.push_back({value.empty() ? "-" : value, tone});
      }
      line.push_back({row.same ? "same" : ChangeText(row), Tone::kFaint});
      table.AddRow(std::move(line));
    }
    if (table.empty()) continue;
    absl::StrAppend(&text, text.empty() ? "" : "\n", table.Render(layout));
  }
  return text;
}

}  // namespace stagecoach
