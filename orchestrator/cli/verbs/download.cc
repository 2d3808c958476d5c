#include "orchestrator/cli/verbs/download.h"

#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/cluster/files.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/verbs/artifact_file.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

namespace fs = std::filesystem;

std::string FileNameOf(const std::string& uri) {
  return fs::path(uri).filename().string();
}

absl::StatusOr<v1::Artifact> Download(OrchestratorClient& client,
                                      const std::string& uri,
                                      const std::string& path, bool replace) {
  ArtifactFile file(path);
  SC_RETURN_IF_ERROR(file.Open(replace));
  v1::ReadArtifactRequest request;
  request.set_uri(uri);
  v1::Artifact artifact;
  SC_RETURN_IF_ERROR(client.ReadArtifact(
      request, [&](const v1::ReadArtifactResponse& response) {
        if (response.has_artifact()) artifact = response.artifact();
        return file.Append(response.data());
      }));
  SC_RETURN_IF_ERROR(file.Finish(artifact));
  return artifact;
}

std::string DownloadedLine(const std::string& path,
                           const v1::Artifact& artifact) {
  return absl::StrCat(path, "  ", BytesText(artifact.size_bytes()),
                      ", digest checked\n");
}

absl::Status DownloadOutputs(Context& context, OrchestratorClient& client,
                             const v1::Run& run, const std::string& folder) {
  const fs::path target = fs::path(context.environment.working_folder) / folder;
  SC_RETURN_IF_ERROR(CreateFolders(target.string()));
  const std::map<std::string, v1::Artifact> sorted(run.outputs().begin(),
                                                   run.outputs().end());
  for (const auto& [name, output] : sorted) {
    // Outputs have names of their own, different ones; files need not.
    const fs::path file =
        target / (name + fs::path(output.uri()).extension().string());
    SC_ASSIGN_OR_RETURN(
        const v1::Artifact artifact,
        Download(client, output.uri(), file.string(), /*replace=*/true));
    context.console.Err(DownloadedLine(file.string(), artifact));
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
