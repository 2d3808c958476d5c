// Artifacts that become files of this machine.

#ifndef ORCHESTRATOR_CLI_VERBS_DOWNLOAD_H_
#define ORCHESTRATOR_CLI_VERBS_DOWNLOAD_H_

#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/cli/client/orchestrator_client.h"
#include "orchestrator/cli/verb.h"
#include "stagecoach/v1/artifact.pb.h"

namespace stagecoach {

// The last part of a URI: `weights.safetensors`.
std::string FileNameOf(const std::string& uri);

// Copies the artifact into the file at `path` and checks its digest; nothing
// is there under that name before it is whole. Returns its record.
//
// ALREADY_EXISTS: there is such a file, and `replace` is false. DATA_LOSS: the
// digest is another one. Otherwise as ReadArtifact.
absl::StatusOr<v1::Artifact> Download(OrchestratorClient& client,
                                      const std::string& uri,
                                      const std::string& path, bool replace);

// The line that says so: `FILE  SIZE, digest checked`.
std::string DownloadedLine(const std::string& path,
                           const v1::Artifact& artifact);

// Copies the outputs of `run` into `folder` (from the working folder), which is
// created, over files of the same names; says so on standard error.
absl::Status DownloadOutputs(Context& context, OrchestratorClient& client,
                             const v1::Run& run, const std::string& folder);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_DOWNLOAD_H_
