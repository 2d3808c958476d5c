// Which artifact is meant on the command line.

#ifndef ORCHESTRATOR_CLI_VERBS_ARTIFACT_CHOICE_H_
#define ORCHESTRATOR_CLI_VERBS_ARTIFACT_CHOICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "orchestrator/cli/client/orchestrator_client.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace CLI {
class App;
}  // namespace CLI

namespace stagecoach {

// Whether `text` is a URI and not the id of a run.
bool IsUri(const std::string& text);

// The artifact called `name`, or `STEP.NAME` where steps have artifacts of the
// same name. NOT_FOUND: none, with the nearest name. INVALID_ARGUMENT: several,
// all named. Pure.
absl::StatusOr<v1::Artifact> FindArtifact(
    absl::Span<const v1::RecordedArtifact> artifacts, const std::string& name);

// The artifacts of a run. NOT_FOUND has the nearest id.
absl::StatusOr<v1::ListArtifactsResponse> FetchArtifacts(
    OrchestratorClient& client, const std::string& run_id,
    const std::string& step);

// Adds the two arguments that ChooseArtifact takes.
void AddArtifactChoice(CLI::App& app, std::string& first, std::string& name);

// The URI of the artifact that `first` (a URI, or the id of a run) and `name`
// (needed for a run) stand for.
absl::StatusOr<std::string> ChooseArtifact(OrchestratorClient& client,
                                           const std::string& first,
                                           const std::string& name);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_ARTIFACT_CHOICE_H_
