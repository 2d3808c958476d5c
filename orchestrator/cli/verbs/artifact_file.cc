#include "orchestrator/cli/verbs/artifact_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace stagecoach {

namespace fs = std::filesystem;

ArtifactFile::ArtifactFile(std::string path)
    : path_(std::move(path)), part_(absl::StrCat(path_, ".part")) {}

ArtifactFile::~ArtifactFile() {
  std::error_code ignored;  // it is gone if all went well
  if (file_.is_open()) fs::remove(part_, ignored);
}

absl::Status ArtifactFile::Failed(absl::string_view what) const {
  return absl::UnavailableError(
      absl::StrCat(what, ": ", std::strerror(errno == 0 ? EIO : errno)));
}

absl::Status ArtifactFile::Open(bool replace) {
  std::error_code ignored;  // opening tells more
  if (fs::exists(path_, ignored) && !fs::is_regular_file(path_, ignored)) {
    return absl::FailedPreconditionError(absl::StrCat(
        path_, " is there, but no file; choose another name with --to"));
  }
  if (!replace && fs::exists(path_, ignored)) {
    return absl::AlreadyExistsError(absl::StrCat(
        path_,
        " is there already; replace it with --force, or choose another "
        "name with --to"));
  }
  errno = 0;
  file_.open(part_, std::ios::binary | std::ios::trunc);
  if (!file_) return Failed(absl::StrCat("cannot write ", part_));
  return absl::OkStatus();
}

absl::Status ArtifactFile::Append(absl::string_view bytes) {
  digest_.Update(bytes);
  size_ += static_cast<int64_t>(bytes.size());
  errno = 0;
  file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file_) return Failed(absl::StrCat("cannot write ", part_));
  return absl::OkStatus();
}

absl::Status ArtifactFile::Finish(const v1::Artifact& artifact) {
  const std::string digest = digest_.Finish();
  if (!artifact.sha256().empty() &&
      (digest != artifact.sha256() || size_ != artifact.size_bytes())) {
    return absl::DataLossError(
        absl::StrCat(artifact.uri(), " came as ", size_, " bytes with SHA-256 ",
                     digest, ", but was recorded as ", artifact.size_bytes(),
                     " bytes with ", artifact.sha256()));
  }
  errno = 0;
  file_.flush();
  if (!file_) return Failed(absl::StrCat("cannot write ", part_));
  std::error_code error;
  fs::rename(part_, path_, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot write ", path_, ": ", error.message()));
  }
  file_.close();
  return absl::OkStatus();
}

}  // namespace stagecoach
