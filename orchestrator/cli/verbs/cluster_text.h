// What `up` and `down` say alike.

#ifndef ORCHESTRATOR_CLI_VERBS_CLUSTER_TEXT_H_
#define ORCHESTRATOR_CLI_VERBS_CLUSTER_TEXT_H_

#include <string>
#include <vector>

#include "orchestrator/cli/cluster/local_cluster.h"
#include "orchestrator/cli/render/style.h"

namespace stagecoach {

// What was stopped, and how. Pure.
std::string RenderStopped(const std::vector<ServerReport>& servers,
                          const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_CLUSTER_TEXT_H_
