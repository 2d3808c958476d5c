// A file of this machine that an artifact is received into.

#ifndef ORCHESTRATOR_CLI_VERBS_ARTIFACT_FILE_H_
#define ORCHESTRATOR_CLI_VERBS_ARTIFACT_FILE_H_

#include <cstdint>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/base/sha256.h"
#include "stagecoach/v1/artifact.pb.h"

namespace stagecoach {

// Appears under its name only once all bytes have come and their size and
// digest are right; until then it is `<path>.part`, removed on failure.
//
// Threads: one at a time.
class ArtifactFile {
 public:
  explicit ArtifactFile(std::string path);
  ~ArtifactFile();
  ArtifactFile(const ArtifactFile&) = delete;
  ArtifactFile& operator=(const ArtifactFile&) = delete;

  // ALREADY_EXISTS: there is such a file, and `replace` is false.
  // FAILED_PRECONDITION: there is something else, which is never replaced.
  absl::Status Open(bool replace);
  absl::Status Append(absl::string_view bytes);
  // DATA_LOSS: what came is not what `artifact` says.
  absl::Status Finish(const v1::Artifact& artifact);

 private:
  absl::Status Failed(absl::string_view what) const;

  const std::string path_;
  const std::string part_;
  std::ofstream file_;
  Sha256 digest_;
  int64_t size_ = 0;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERBS_ARTIFACT_FILE_H_
