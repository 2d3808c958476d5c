// Values of artifacts, read from the orchestrator, on a line each.

#ifndef ORCHESTRATOR_CLI_VERBS_PREVIEWS_H_
#define ORCHESTRATOR_CLI_VERBS_PREVIEWS_H_

#include <map>
#include <optional>
#include <string>

#include "orchestrator/cli/client/orchestrator_client.h"
#include "orchestrator/cli/render/history.h"
#include "stagecoach/v1/artifact.pb.h"

namespace stagecoach {

struct Previews {
  // By URI.
  std::map<std::string, std::string> lines;
  // Of the first artifact that is one.
  std::optional<History> history;
};

// Adds what can be read of an artifact. One that cannot be read, or is too
// large for a line, is left out: a preview is no place to fail.
void AddPreview(OrchestratorClient& client, const v1::Artifact& artifact,
                Previews& previews);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_PREVIEWS_H_
