#include "orchestrator/cli/verbs/artifact_choice.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/cli/exit_code.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

bool IsUri(const std::string& text) { return absl::StrContains(text, "://"); }

absl::StatusOr<v1::Artifact> FindArtifact(
    absl::Span<const v1::RecordedArtifact> artifacts, const std::string& name) {
  std::vector<std::string> known;
  std::vector<std::string> matching;
  const v1::Artifact* found = nullptr;
  for (const v1::RecordedArtifact& recorded : artifacts) {
    const v1::Artifact& artifact = recorded.artifact();
    const std::string full =
        absl::StrCat(recorded.step(), ".", artifact.name());
    known.push_back(artifact.name());
    if (artifact.name() != name && full != name) continue;
    matching.push_back(full);
    found = &artifact;
  }
  if (matching.size() == 1) return *found;
  if (matching.empty()) {
    return absl::NotFoundError(
        absl::StrCat("the run has no artifact '", name, "'",
                     known.empty() ? "" : NearestNameHint(name, known)));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the run has several artifacts '", name,
                   "'; say which: ", absl::StrJoin(matching, ", ")));
}

absl::StatusOr<v1::ListArtifactsResponse> FetchArtifacts(
    OrchestratorClient& client, const std::string& run_id,
    const std::string& step) {
  v1::ListArtifactsRequest request;
  request.set_run_id(run_id);
  request.set_step(step);
  absl::StatusOr<v1::ListArtifactsResponse> response =
      client.ListArtifacts(request);
  if (response.ok()) return response;
  return WithRunHint(client, run_id, response.status());
}

void AddArtifactChoice(CLI::App& app, std::string& first, std::string& name) {
  app.add_option("run", first, "id of the run, or the artifact's URI")
      ->required()
      ->type_name("");
  app.add_option("name", name, "name of the artifact, or STEP.NAME")
      ->type_name("");
}

absl::StatusOr<std::string> ChooseArtifact(OrchestratorClient& client,
                                           const std::string& first,
                                           const std::string& name) {
  if (IsUri(first)) {
    if (name.empty()) return first;
    return UsageError(
        absl::StrCat("'", first, "' is a URI, which needs no name after it"));
  }
  if (name.empty()) {
    return UsageError(absl::StrCat(
        "give the name of an artifact of run '", first,
        "', or a URI; see 'stagecoach artifacts list ", first, "'"));
  }
  SC_ASSIGN_OR_RETURN(const v1::ListArtifactsResponse list,
                      FetchArtifacts(client, first, ""));
  const std::vector<v1::RecordedArtifact> artifacts(list.artifacts().begin(),
                                                    list.artifacts().end());
  SC_ASSIGN_OR_RETURN(const v1::Artifact artifact,
                      FindArtifact(artifacts, name));
  return artifact.uri();
}

}  // namespace stagecoach
