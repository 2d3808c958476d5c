// The history that a training step leaves as a REPORT artifact.

#ifndef ORCHESTRATOR_CLI_RENDER_HISTORY_H_
#define ORCHESTRATOR_CLI_RENDER_HISTORY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "orchestrator/cli/render/style.h"

namespace stagecoach {

struct History {
  // Names of the values of an evaluation; `epoch` first if there is one.
  std::vector<std::string> columns;
  // One row an evaluation; NaN where it lacks a value.
  std::vector<std::vector<double>> rows;
};

// Reads `{"evaluations": [{"epoch": 0, "rmse_train": 233.1, …}, …], …}`.
// Nothing if `json` is not of that form: a report may be anything.
std::optional<History> ParseHistory(absl::string_view json);

// A table of the evaluations; of more than `most_rows` (>= 4) only the first
// and last ones. Pure.
std::string RenderHistory(const History& history, int most_rows, int indent,
                          const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_HISTORY_H_
