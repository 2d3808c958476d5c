// The block that shows a run while it goes on: one line a step.
//
//   airline-7k2m9q  running  0.52 s
//   ✓ load       12 ms  3 artifacts
//   ● train     0.50 s  ━━━╸──  epoch  52/100  ETA 0.40 s  loss 34211
//   ○ forecast
//
// Pure.

#ifndef ORCHESTRATOR_CLI_RENDER_LIVE_BLOCK_H_
#define ORCHESTRATOR_CLI_RENDER_LIVE_BLOCK_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

struct LiveBlockOptions {
  // Columns, >= 1; no line is longer.
  int width = 80;
  // Lines, >= 2; steps that do not fit are left out: ended ones first, then
  // those that wait, and a line says how many.
  int height = 24;
  // Shown below the steps if not empty, e.g. that the connection is lost.
  std::string notice;
};

std::vector<Line> RenderLiveBlock(const v1::Run& run, absl::Time now,
                                  const LiveBlockOptions& options);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_LIVE_BLOCK_H_
