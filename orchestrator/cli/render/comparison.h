// Runs side by side: what they were given and what came out.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_COMPARISON_H_
#define ORCHESTRATOR_CLI_RENDER_COMPARISON_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// One thing of which the runs may differ.
struct ComparedRow {
  // What it is, e.g. `epochs` or `train.loss`.
  std::string name;
  // What it is in each run; empty where a run has none.
  std::vector<std::string> values;
  bool same = false;
};

struct ComparedSection {
  // `run`, `parameters`, `inputs`, `metrics`, `times` or `outputs`.
  std::string name;
  std::vector<ComparedRow> rows;
};

// Compares the runs as of `now`. `previews` has a line of values by URI, for
// the artifacts that could be read. Outputs are the same if their digests are,
// metrics if they are equal, inputs if digests or, without any, URIs are.
std::vector<ComparedSection> CompareRuns(
    absl::Span<const v1::Run> runs,
    const std::map<std::string, std::string>& previews, absl::Time now);

// A table a section; rows that differ stand out.
std::string RenderComparison(absl::Span<const ComparedSection> sections,
                             bool only_differences, const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_COMPARISON_H_
