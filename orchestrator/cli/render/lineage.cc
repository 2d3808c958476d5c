#include "orchestrator/cli/render/lineage.h"

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

std::string Section(absl::string_view title, const Table& table,
                    const Layout& layout) {
  if (table.empty()) return "";
  return absl::StrCat("\n", Paint(layout, Tone::kStrong, title), "\n",
                      table.Render(layout));
}

}  // namespace

std::string RenderLineage(const v1::GetLineageResponse& lineage,
                          const Layout& layout) {
  const v1::RecordedArtifact& made = lineage.artifact();
  std::string text = absl::StrCat(
      Paint(layout, Tone::kStrong, Printable(made.artifact().uri())), "\n");
  if (made.run_id().empty()) {
    absl::StrAppend(&text, "given to runs; no step has made it\n");
  } else {
    absl::StrAppend(&text, "made by ", Printable(made.run_id()), "/",
                    Printable(made.step()), "/", made.attempt(),
                    made.pinned() ? ", pinned" : "", "\n");
  }
  Table from({{"ARTIFACT"}, {"SHAPE"}, {"URI"}}, 2);
  for (const v1::Artifact& artifact : lineage.made_from()) {
    from.AddRow({{Printable(artifact.name())},
                 {ArtifactKindText(artifact), Tone::kFaint},
                 {Printable(artifact.uri())}});
  }
  Table used({{"RUN"}, {"STEP"}, {"AS"}}, 2);
  for (const v1::ArtifactUse& use : lineage.used_by()) {
    used.AddRow({{Printable(use.run_id())},
                 {Printable(use.step())},
                 {Printable(use.input())}});
  }
  return absl::StrCat(text, Section("Made from", from, layout),
                      Section("Used by", used, layout));
}

}  // namespace stagecoach
