// A file that a caller sends, from the first byte until it lies on a volume.

#ifndef SERVICES_COMMON_ARTIFACT_ARTIFACT_UPLOAD_H_
#define SERVICES_COMMON_ARTIFACT_ARTIFACT_UPLOAD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/artifact/digest_writer.h"
#include "services/common/artifact/file_system.h"
#include "stagecoach/v1/artifact.pb.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

class ArtifactStore;

// Where uploads are on a volume: `uploads/<digest>/<file name>`, `<digest>` the
// first 16 digits of the file's SHA-256, so that equal bytes under one name
// have one URI.
inline constexpr absl::string_view kUploadsDirectory = "uploads";

// INVALID_ARGUMENT naming the field of `header` that is malformed.
// RESOURCE_EXHAUSTED: it promises more than `max_bytes`. The volume is not
// looked at.
absl::Status CheckUploadHeader(const v1::UploadHeader& header,
                               int64_t max_bytes);

// Written into a hidden file, which takes its final name when it is whole and
// synced. Unless published, the destructor removes it.
//
// Threads: one at a time. Ownership: the store must outlive it.
// Errors:  as FileSystem says; after one, only destroy it.
class ArtifactUpload {
 public:
  // By ArtifactStore::BeginUpload.
  ArtifactUpload(ArtifactStore& store, std::shared_ptr<FileSystem> files,
                 v1::UploadHeader header, int64_t max_bytes, std::string path,
                 DigestWriter writer);
  ~ArtifactUpload();
  ArtifactUpload(const ArtifactUpload&) = delete;
  ArtifactUpload& operator=(const ArtifactUpload&) = delete;

  // INVALID_ARGUMENT: more bytes than the header promises. RESOURCE_EXHAUSTED:
  // more than the limit.
  absl::Status Append(absl::string_view bytes);

  // Ends and syncs the file. INVALID_ARGUMENT: it has not the size or digest
  // that the header promises. Once, after all Appends.
  absl::Status Finish();

  // Gives the finished file its name. After OK it survives a power cut. If the
  // same bytes lie there already, they are left and described. DATA_LOSS:
  // something else lies there, because somebody changed it.
  absl::StatusOr<v1::Artifact> Publish();

 private:
  absl::Status PutInPlace(const v1::Artifact& artifact,
                          absl::string_view target);

  ArtifactStore& store_;
  const std::shared_ptr<FileSystem> files_;
  const v1::UploadHeader header_;
  const int64_t max_bytes_;
  const std::string path_;
  DigestWriter writer_;
  int64_t received_bytes_ = 0;
  FileDigest digest_;
  bool renamed_ = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_ARTIFACT_UPLOAD_H_
