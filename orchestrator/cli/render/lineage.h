// What made an artifact, and what has used it.
//
// Pure.

#ifndef ORCHESTRATOR_CLI_RENDER_LINEAGE_H_
#define ORCHESTRATOR_CLI_RENDER_LINEAGE_H_

#include <string>

#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

std::string RenderLineage(const v1::GetLineageResponse& lineage,
                          const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_LINEAGE_H_
