// What is shown when a run has ended.
//
// Pure.

#ifndef ORCHESTRATOR_CLI_RENDER_RUN_REPORT_H_
#define ORCHESTRATOR_CLI_RENDER_RUN_REPORT_H_

#include <map>
#include <optional>
#include <string>

#include "orchestrator/cli/render/history.h"
#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Everything that a report shows.
struct RunReport {
  // The run; it has ended.
  v1::Run run;
  // One line of values by URI, for the artifacts that could be read.
  std::map<std::string, std::string> values;
  // Evaluations of a training step, if it left any.
  std::optional<History> history;
  // Folder of this machine that holds the run's artifacts; empty if that is
  // not known.
  std::string local_folder;
  // How to call the program again, e.g. `stagecoach` or `stagecoach --server
  // host:1`.
  std::string program = "stagecoach";
};

// Results by step, evaluations, outputs, time by phase, where the artifacts
// are and how to go on; for a run that did not succeed: what failed where, and
// how to go on.
std::string RenderRunReport(const RunReport& report, const Layout& layout);

// `queue 1.0 ms, dispatch 2.1 ms, read …`.
std::string RunTimesText(const v1::RunTimes& times);

// The folder that all artifacts of a run are under: `pvc://…/runs/<run>`;
// empty if it has none.
std::string ArtifactFolder(const v1::Run& run);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_RUN_REPORT_H_
