#include "orchestrator/cli/render/preview.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/render/curves.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/history.h"
#include "orchestrator/cli/render/tensor_preview.h"
#include "orchestrator/cli/render/text.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"

namespace stagecoach {
namespace {

constexpr int kHistoryRows = 24;
constexpr size_t kReportValuesOnALine = 6;

absl::StatusOr<SafetensorsView> ParseTensors(const v1::Artifact& artifact,
                                             absl::string_view bytes) {
  // A copy: the parser wants tensors aligned and kept alive by an owner.
  auto owner = std::make_shared<const std::string>(bytes);
  const absl::string_view kept = *owner;
  return SafetensorsView::Parse(
      ArtifactReader(artifact.uri(), kept, std::move(owner)));
}

absl::string_view FirstLine(absl::string_view text) {
  return absl::StripSuffix(text.substr(0, text.find('\n')), "\r");
}

std::string HistoryLine(const History& history) {
  std::string line =
      Plural(static_cast<long long>(history.rows.size()), "evaluation");
  if (history.rows.empty()) return line;
  std::vector<std::string> values;
  for (size_t i = 0; i < history.columns.size(); ++i) {
    values.push_back(absl::StrCat(history.columns[i], " ",
                                  NumberText(history.rows.back()[i])));
  }
  return Printable(absl::StrCat(line, "; last: ", absl::StrJoin(values, ", ")));
}

std::string ScalarText(const nlohmann::ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() ? NumberText(value.get<double>()) : value.dump();
}

// The plain values of a report that is an object; nothing for any other.
std::string ReportLine(absl::string_view bytes) {
  const auto document = nlohmann::ordered_json::parse(
      bytes.begin(), bytes.end(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return "";
  std::vector<std::string> values;
  for (const auto& [name, value] : document.items()) {
    if (!value.is_primitive()) continue;
    if (values.size() == kReportValuesOnALine) {
      values.push_back("…");
      break;
    }
    values.push_back(absl::StrCat(name, " ", ScalarText(value)));
  }
  return Printable(absl::StrJoin(values, ", "));
}

std::string TextPage(absl::string_view text, int most_lines,
                     const Layout& layout) {
  std::string page;
  int lines = 0;
  text = absl::StripSuffix(text, "\n");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (++lines > most_lines) {
      absl::StrAppend(&page, "…\n");
      break;
    }
    const Line shown = {{Printable(absl::StripSuffix(line, "\r"))}};
    absl::StrAppend(&page, PaintLine(layout, shown), "\n");
  }
  return page;
}

std::string ReportPage(absl::string_view bytes, int most_lines,
                       const Layout& layout) {
  if (const std::optional<History> history = ParseHistory(bytes)) {
    const std::string curve = RenderLossCurve(bytes, layout);
    return absl::StrCat(
        RenderHistory(*history, std::max(most_lines, kHistoryRows),
                      /*indent=*/0, layout),
        curve.empty() ? "" : "\n", curve);
  }
  const nlohmann::json document = nlohmann::json::parse(
      bytes.begin(), bytes.end(), nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return TextPage(bytes, most_lines, layout);
  const std::string pretty =
      document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  return TextPage(pretty, most_lines, layout);
}

}  // namespace

absl::StatusOr<std::string> PreviewLine(const v1::Artifact& artifact,
                                        absl::string_view bytes) {
  if (HoldsTensors(artifact.type())) {
    SC_ASSIGN_OR_RETURN(const SafetensorsView view,
                        ParseTensors(artifact, bytes));
    return TensorsLine(view);
  }
  if (artifact.type() == v1::ARTIFACT_TYPE_REPORT) {
    if (const std::optional<History> history = ParseHistory(bytes)) {
      return HistoryLine(*history);
    }
    const std::string line = ReportLine(bytes);
    if (!line.empty()) return line;
  }
  return Printable(FirstLine(bytes));
}

absl::StatusOr<std::string> PreviewPage(const v1::Artifact& artifact,
                                        absl::string_view bytes, int most_lines,
                                        const Layout& layout) {
  if (HoldsTensors(artifact.type())) {
    SC_ASSIGN_OR_RETURN(const SafetensorsView view,
                        ParseTensors(artifact, bytes));
    return TensorsPage(view, most_lines, layout);
  }
  if (artifact.type() == v1::ARTIFACT_TYPE_REPORT) {
    return ReportPage(bytes, most_lines, layout);
  }
  return TextPage(bytes, most_lines, layout);
}

}  // namespace stagecoach
