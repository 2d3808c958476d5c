// How a run is shown while it goes on.

#ifndef ORCHESTRATOR_CLI_VERBS_RUN_DISPLAYS_H_
#define ORCHESTRATOR_CLI_VERBS_RUN_DISPLAYS_H_

#include <memory>

#include "orchestrator/cli/client/run_follower.h"
#include "orchestrator/cli/verb.h"

namespace stagecoach {

// A block drawn in place on standard error, which must be a terminal. The
// context must outlive it.
std::unique_ptr<RunObserver> MakeLiveDisplay(const Context& context);

// Lines on standard error.
std::unique_ptr<RunObserver> MakePlainDisplay(const Context& context);

// Each event on standard output, for programs: JSON on a line, or a YAML
// document.
std::unique_ptr<RunObserver> MakeEventDisplay(const Context& context);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_RUN_DISPLAYS_H_
