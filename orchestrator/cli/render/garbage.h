// What a collection of garbage deleted, or would delete.
//
// Pure.

#ifndef ORCHESTRATOR_CLI_RENDER_GARBAGE_H_
#define ORCHESTRATOR_CLI_RENDER_GARBAGE_H_

#include <string>

#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// The runs that go, those that stay although the policy does not keep them and
// why, what was left over, and how much that frees. `dry_run`: it has not
// happened yet.
std::string RenderGarbage(const v1::CollectGarbageResponse& garbage,
                          bool dry_run, const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_GARBAGE_H_
