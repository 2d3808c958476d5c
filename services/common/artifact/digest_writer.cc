#include "services/common/artifact/digest_writer.h"

#include <atomic>
#include <thread>
#include <utility>

#include "services/common/base/clock.h"
#include "services/common/base/helper_thread.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// Small pieces are gathered up to here.
constexpr size_t kBufferSize = 1 << 20;
// Large ones are digested and written in pieces of this size, which fit in the
// second-level cache.
constexpr size_t kPieceSize = 1 << 20;
// Less is over before another thread has begun.
constexpr size_t kSideBySideSize = size_t{16} << 20;

// Gives `visit` one piece after the other for as long as it returns true.
template <typename Visit>
void ForPieces(absl::string_view bytes, Visit visit) {
  while (!bytes.empty()) {
    const absl::string_view piece = bytes.substr(0, kPieceSize);
    if (!visit(piece)) return;
    bytes.remove_prefix(piece.size());
  }
}

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

void DigestWriter::Digest(absl::string_view piece) {
  const absl::Duration start = Clock::Real().Elapsed();
  digest_.Update(piece);
  digest_time_ += Clock::Real().Elapsed() - start;
}

absl::Status DigestWriter::Write(absl::string_view bytes) {
  if (bytes.size() >= kSideBySideSize) return WriteSideBySide(bytes);
  return WriteByPiece(bytes);
}

absl::Status DigestWriter::WriteByPiece(absl::string_view bytes) {
  absl::Status written;
  ForPieces(bytes, [this, &written](absl::string_view piece) {
    Digest(piece);
    written = file_->Append({piece});
    return written.ok();
  });
  return written;
}

absl::Status DigestWriter::WriteSideBySide(absl::string_view bytes) {
  absl::Status written;
  std::atomic<bool> failed = false;
  std::thread writer = StartHelperThread([this, bytes, &written, &failed] {
    ForPieces(bytes, [this, &written](absl::string_view piece) {
      written = file_->Append({piece});
      return written.ok();
    });
    failed = !written.ok();
  });
  if (!writer.joinable()) return WriteByPiece(bytes);
  ForPieces(bytes, [this, &failed](absl::string_view piece) {
    Digest(piece);
    return !failed;
  });
  writer.join();
  return written;
}

}  // namespace stagecoach
