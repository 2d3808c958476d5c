#include "services/common/artifact/digest_writer.h"

#include <algorithm>
#include <utility>

#include "services/common/base/clock.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// Small pieces are gathered up to here.
constexpr size_t kBufferSize = 1 << 20;
// Large ones are digested and written in pieces of this size, which fit in the
// second-level cache.
constexpr size_t kPieceSize = 1 << 20;

}  // namespace

DigestWriter::DigestWriter(std::unique_ptr<WritableFile> file,
                           ArtifactMetrics& metrics)
    : file_(std::move(file)), metrics_(metrics) {}

absl::Status DigestWriter::Append(absl::string_view bytes) {
  size_bytes_ += static_cast<int64_t>(bytes.size());
  if (buffer_.size() + bytes.size() <= kBufferSize) {
    buffer_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  SC_RETURN_IF_ERROR(Write(buffer_));
  buffer_.clear();
  if (bytes.size() > kBufferSize / 2) return Write(bytes);
  buffer_.append(bytes.data(), bytes.size());
  return absl::OkStatus();
}

absl::StatusOr<FileDigest> DigestWriter::Finish() {
  SC_RETURN_IF_ERROR(Write(buffer_));
  buffer_.clear();
  metrics_.Observe(IoOperation::kHash, digest_time_, size_bytes_);
  return FileDigest{size_bytes_, digest_.Finish()};
}

absl::Status DigestWriter::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const absl::string_view piece = bytes.substr(0, kPieceSize);
    const absl::Duration start = Clock::Real().Elapsed();
    digest_.Update(piece);
    digest_time_ += Clock::Real().Elapsed() - start;
    SC_RETURN_IF_ERROR(file_->Append({piece}));
    bytes.remove_prefix(piece.size());
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
