// The main function of every stage program.

#ifndef SERVICES_COMMON_STAGEKIT_SERVE_STAGE_H_
#define SERVICES_COMMON_STAGEKIT_SERVE_STAGE_H_

#include <memory>

#include "services/common/stagekit/stage.h"
#include "services/common/stagekit/stage_server.h"

namespace stagecoach {

// Parses the flags (see --help), serves `stage` until SIGTERM or SIGINT and
// stops in order. `make_service`, if set, makes a service of the stage's own,
// served beside StageService. Returns the code to exit with: 0, also for
// --help; 2 if the flags make no sense; 1 if it cannot serve, or if an
// execution does not end.
int ServeStage(int argc, const char* const* argv, std::unique_ptr<Stage> stage,
               MakeService make_service = nullptr);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_SERVE_STAGE_H_
