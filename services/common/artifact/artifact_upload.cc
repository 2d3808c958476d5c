#include "services/common/artifact/artifact_upload.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/names.h"

namespace stagecoach {
namespace {

constexpr size_t kDigestDigits = 16;

absl::Status TooLarge(absl::string_view file_name, int64_t max_bytes) {
  return absl::ResourceExhaustedError(
      absl::StrCat("upload of ", file_name, ": the file is larger than the ",
                   max_bytes, " bytes that this orchestrator takes"));
}

}  // namespace

absl::Status CheckUploadHeader(const v1::UploadHeader& header,
                               int64_t max_bytes) {
  SC_RETURN_IF_ERROR(CheckFileName("file_name", header.file_name()));
  if (header.has_size_bytes() && header.size_bytes() < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "size_bytes is ", header.size_bytes(), "; it must be at least 0"));
  }
  if (!header.sha256().empty() && !IsSha256Hex(header.sha256())) {
    return absl::InvalidArgumentError(
        "sha256 is malformed; it must be 64 lower-case hexadecimal digits");
  }
  if (header.size_bytes() > max_bytes) {
    return TooLarge(header.file_name(), max_bytes);
  }
  return absl::OkStatus();
}

ArtifactUpload::ArtifactUpload(ArtifactStore& store,
                               std::shared_ptr<FileSystem> files,
                               v1::UploadHeader header, int64_t max_bytes,
                               std::string path, DigestWriter writer)
    : store_(store),
      files_(std::move(files)),
      header_(std::move(header)),
      max_bytes_(max_bytes),
      path_(std::move(path)),
      writer_(std::move(writer)) {}

ArtifactUpload::~ArtifactUpload() {
  // An error leaves a hidden file behind, which nobody reads.
  if (!renamed_) files_->RemoveFile(path_).IgnoreError();
}

absl::Status ArtifactUpload::Append(absl::string_view bytes) {
  received_bytes_ += static_cast<int64_t>(bytes.size());
  if (header_.has_size_bytes() && received_bytes_ > header_.size_bytes()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "upload of ", header_.file_name(), ": more bytes came than the ",
        header_.size_bytes(), " that size_bytes promises"));
  }
  if (received_bytes_ > max_bytes_) {
    return TooLarge(header_.file_name(), max_bytes_);
  }
  return writer_.Append(bytes);
}

absl::Status ArtifactUpload::Finish() {
  if (header_.has_size_bytes() && received_bytes_ != header_.size_bytes()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "upload of ", header_.file_name(), ": ", received_bytes_,
        " bytes came, but size_bytes promises ", header_.size_bytes()));
  }
  SC_ASSIGN_OR_RETURN(digest_, writer_.Finish());
  SC_RETURN_IF_ERROR(writer_.TakeFile()->Sync());
  if (header_.sha256().empty() || header_.sha256() == digest_.sha256) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "upload of ", header_.file_name(), ": the bytes that came have SHA-256 ",
      digest_.sha256, ", but sha256 promises ", header_.sha256()));
}

absl::StatusOr<v1::Artifact> ArtifactUpload::Publish() {
  const std::string directory =
      JoinPath(kUploadsDirectory, digest_.sha256.substr(0, kDigestDigits));
  SC_ASSIGN_OR_RETURN(
      const ArtifactUri uri,
      ArtifactUri::Make(files_->volume(),
                        JoinPath(directory, header_.file_name())));
  v1::Artifact artifact;
  artifact.set_name(header_.file_name());
  artifact.set_uri(uri.ToString());
  artifact.set_type(ArtifactTypeOfFile(header_.file_name()));
  artifact.set_sha256(digest_.sha256);
  artifact.set_size_bytes(digest_.size_bytes);
  SC_RETURN_IF_ERROR(CreateDirectories(*files_, directory));
  SC_RETURN_IF_ERROR(PutInPlace(artifact, uri.path()));
  SC_RETURN_IF_ERROR(SyncWithParents(*files_, directory));
  return artifact;
}

absl::Status ArtifactUpload::PutInPlace(const v1::Artifact& artifact,
                                        absl::string_view target) {
  const absl::Status renamed = files_->Rename(path_, target);
  renamed_ = renamed.ok();
  if (!absl::IsAlreadyExists(renamed)) return renamed;
  SC_ASSIGN_OR_RETURN(const v1::Artifact existing,
                      store_.InspectWithDigest(artifact.uri()));
  if (existing.sha256() == artifact.sha256()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      artifact.uri(), " was uploaded before and has been changed since: its ",
      "SHA-256 is now ", existing.sha256(), "; remove it to upload it again"));
}

}  // namespace stagecoach
