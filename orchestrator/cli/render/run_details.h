// Runs in lists, and one run with its steps and attempts.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_RUN_DETAILS_H_
#define ORCHESTRATOR_CLI_RENDER_RUN_DETAILS_H_

#include <string>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// One line a run, in the order given.
std::string RenderRunList(absl::Span<const v1::Run> runs, absl::Time now,
                          const Layout& layout);

// The run's own fields, parameters and inputs, its steps with their attempts,
// where the time of each attempt went, errors and outputs.
std::string RenderRunDetails(const v1::Run& run, absl::Time now,
                             absl::TimeZone zone, const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_RUN_DETAILS_H_
