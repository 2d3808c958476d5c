// Writes a file and digests it in one pass over the data.

#ifndef SERVICES_COMMON_ARTIFACT_DIGEST_WRITER_H_
#define SERVICES_COMMON_ARTIFACT_DIGEST_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/common/artifact/artifact_metrics.h"
#include "services/common/artifact/file_system.h"
#include "services/common/base/sha256.h"

namespace stagecoach {

struct FileDigest {
  int64_t size_bytes = 0;
  // 64 lower-case hexadecimal digits.
  std::string sha256;
};

// Small pieces are gathered into writes of 1 MiB; large ones are written from
// where they are, from 16 MiB on by a thread of its own beside the digest.
//
// Threads: one at a time. Errors: of the file; after one, only destroy it.
class DigestWriter {
 public:
  // `metrics` must outlive the writer; it gets the time spent digesting.
  DigestWriter(std::unique_ptr<WritableFile> file, ArtifactMetrics& metrics);

  absl::Status Append(absl::string_view bytes);

  // Writes what is left. Once, after all Appends.
  absl::StatusOr<FileDigest> Finish();

  // The finished file, open to be synced: its content survives a power cut only
  // after that.
  std::unique_ptr<WritableFile> TakeFile() { return std::move(file_); }

 private:
  absl::Status Write(absl::string_view bytes);
  // Each piece is digested and written while it is in the processor's cache.
  absl::Status WriteByPiece(absl::string_view bytes);
  // What is written lasts as long as what is digested.
  absl::Status WriteSideBySide(absl::string_view bytes);
  void Digest(absl::string_view piece);

  std::unique_ptr<WritableFile> file_;
  ArtifactMetrics& metrics_;
  Sha256 digest_;
  std::string buffer_;
  int64_t size_bytes_ = 0;
  absl::Duration digest_time_ = absl::ZeroDuration();
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_DIGEST_WRITER_H_
