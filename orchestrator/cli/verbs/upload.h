// Files of this machine that become artifacts.

#ifndef ORCHESTRATOR_CLI_VERBS_UPLOAD_H_
#define ORCHESTRATOR_CLI_VERBS_UPLOAD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/cli/client/orchestrator_client.h"
#include "orchestrator/cli/verb.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// The name that a file is uploaded under: that of `path`, characters that are
// not allowed replaced by `_`, its end kept if it is too long. Pure.
std::string UploadName(absl::string_view path);

// Sends the file at `path` (from the working folder, or from the home folder
// after `~/`) and checks that what was stored is what was sent. Shows how far
// it is on standard error.
//
// NOT_FOUND, FAILED_PRECONDITION: there is no such file, or it cannot be read.
// DATA_LOSS: the digest of what was stored is another one. CANCELLED: Ctrl-C.
// Otherwise as UploadArtifact.
absl::StatusOr<v1::Artifact> UploadFile(Context& context,
                                        OrchestratorClient& client,
                                        const std::string& path);

// Replaces the inputs of `request` that are files of this machine by the URIs
// they get by uploading them. All are looked at before the first is sent; a
// file that cannot be opened is a usage error that names the input.
absl::Status UploadInputs(Context& context, OrchestratorClient& client,
                          v1::RunRequest& request);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_UPLOAD_H_
