#include "orchestrator/cli/render/garbage.h"

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

std::string Summary(const v1::CollectGarbageResponse& garbage, bool dry_run) {
  std::string text = absl::StrCat(dry_run ? "would delete " : "deleted ",
                                  Plural(garbage.deleted_size(), "run"));
  if (garbage.orphans_size() > 0) {
    absl::StrAppend(&text, " and ",
                    Plural(garbage.orphans_size(), "left-over folder"));
  }
  return absl::StrCat(text, dry_run ? ", which frees " : "; freed ",
                      BytesText(garbage.freed_bytes()), "\n");
}

}  // namespace

std::string RenderGarbage(const v1::CollectGarbageResponse& garbage,
                          bool dry_run, const Layout& layout) {
  Table table({{"RUN"},
               {dry_run ? "WOULD BE" : "IS"},
               {"SIZE", Align::kRight},
               {"WHY", Align::kLeft, Overflow::kWrap}});
  for (const v1::CollectedRun& run : garbage.deleted()) {
    table.AddRow({{Printable(run.run_id())},
                  {"deleted", Tone::kWarning},
                  {BytesText(run.size_bytes())},
                  {"the policy does not keep it", Tone::kFaint}});
  }
  for (const v1::CollectedRun& run : garbage.kept()) {
    table.AddRow({{Printable(run.run_id())},
                  {"kept", Tone::kGood},
                  {BytesText(run.size_bytes())},
                  {Printable(run.reason())}});
  }
  for (const std::string& folder : garbage.orphans()) {
    table.AddRow({{Printable(folder)},
                  {"deleted", Tone::kWarning},
                  {""},
                  {"belongs to no run", Tone::kFaint}});
  }
  return table.empty() ? Summary(garbage, dry_run)
                       : absl::StrCat(table.Render(layout), "\n",
                                      Summary(garbage, dry_run));
}

}  // namespace stagecoach
