#include "services/common/artifact/posix_file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/errno_status.h"
#include "services/common/artifact/file_mapping.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// Up to here a file is read rather than mapped: that is quicker than building
// and tearing down a mapping, and its errors come at once.
constexpr int64_t kReadLimit = 1 << 20;

// The kernel begins to write a file when so much of it is new, not seconds
// later or when it is synced.
constexpr off_t kWriteBackSize = off_t{16} << 20;

std::vector<iovec> Vectors(absl::Span<const absl::string_view> pieces) {
  std::vector<iovec> vectors;
  vectors.reserve(pieces.size());
  for (absl::string_view piece : pieces) {
    if (piece.empty()) continue;
    vectors.push_back({const_cast<char*>(piece.data()), piece.size()});
  }
  return vectors;
}

// Drops the first `written` bytes.
absl::Span<iovec> Advance(absl::Span<iovec> vectors, size_t written) {
  while (!vectors.empty() && written >= vectors.front().iov_len) {
    written -= vectors.front().iov_len;
    vectors.remove_prefix(1);
  }
  if (written == 0) return vectors;
  iovec& first = vectors.front();
  first.iov_base = static_cast<char*>(first.iov_base) + written;
  first.iov_len -= written;
  return vectors;
}

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(UniqueFd fd, std::string uri)
      : fd_(std::move(fd)), uri_(std::move(uri)) {}

  absl::Status Append(absl::Span<const absl::string_view> pieces) override {
    std::vector<iovec> vectors = Vectors(pieces);
    absl::Span<iovec> rest = absl::MakeSpan(vectors);
    while (!rest.empty()) {
      const int count =
          static_cast<int>(std::min<size_t>(rest.size(), IOV_MAX));
      const ssize_t written = writev(fd_.get(), rest.data(), count);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return ErrnoStatus(errno, absl::StrCat("write ", uri_));
      rest = Advance(rest, static_cast<size_t>(written));
      size_ += written;
    }
    if (size_ - handed_over_ >= kWriteBackSize) StartWriteBack();
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    // The length is synced with the data; the time of change may be lost.
    while (fdatasync(fd_.get()) != 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, absl::StrCat("sync ", uri_));
    }
    return absl::OkStatus();
  }

 private:
  // Only a hint: Sync tells of all errors.
  void StartWriteBack() {
    sync_file_range(fd_.get(), handed_over_, size_ - handed_over_,
                    SYNC_FILE_RANGE_WRITE);
    handed_over_ = size_;
  }

  const UniqueFd fd_;
  const std::string uri_;
  off_t size_ = 0;
  off_t handed_over_ = 0;  // to the kernel, to be written
};

class PosixReadableFile final : public ReadableFile {
 public:
  PosixReadableFile(UniqueFd fd, FileInfo info, std::string uri)
      : fd_(std::move(fd)), info_(info), uri_(std::move(uri)) {}

  const FileInfo& info() const override { return info_; }

  absl::StatusOr<size_t> Read(int64_t offset,
                              absl::Span<char> buffer) const override {
    size_t done = 0;
    while (done < buffer.size()) {
      const ssize_t got =
          pread(fd_.get(), buffer.data() + done, buffer.size() - done,
                offset + static_cast<int64_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return ErrnoStatus(errno, absl::StrCat("read ", uri_));
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  absl::StatusOr<MappedBytes> Map() const override {
    if (info_.size_bytes > kReadLimit) {
      const auto size = static_cast<size_t>(info_.size_bytes);
      if (const auto mapping = FileMapping::Map(fd_.get(), size)) {
        return MappedBytes{mapping->bytes(), mapping, /*is_map=*/true};
      }
    }
    return ReadAll();
  }

 private:
  absl::StatusOr<MappedBytes> ReadAll() const {
    const auto size = static_cast<size_t>(info_.size_bytes);
    const std::shared_ptr<char[]> content(new char[size]);
    SC_ASSIGN_OR_RETURN(const size_t length,
                        Read(0, absl::MakeSpan(content.get(), size)));
    if (length < size) {
      return absl::DataLossError(
          absl::StrCat(uri_, " was ", size,
                       " bytes long when it was opened and now ends "
                       "after ",
                       length));
    }
    return MappedBytes{absl::string_view(content.get(), size), content};
  }

  const UniqueFd fd_;
  const FileInfo info_;
  const std::string uri_;
};

FileKind KindOf(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kFile;
  return S_ISDIR(mode) ? FileKind::kDirectory : FileKind::kOther;
}

}  // namespace

std::unique_ptr<WritableFile> MakePosixWritableFile(UniqueFd fd,
                                                    std::string uri) {
  return std::make_unique<PosixWritableFile>(std::move(fd), std::move(uri));
}

std::unique_ptr<ReadableFile> MakePosixReadableFile(UniqueFd fd, FileInfo info,
                                                    std::string uri) {
  return std::make_unique<PosixReadableFile>(std::move(fd), info,
                                             std::move(uri));
}

FileInfo FileInfoOf(const struct stat& info) {
  return {.kind = KindOf(info.st_mode),
          .size_bytes = info.st_size,
          .modified = absl::TimeFromTimespec(info.st_mtim),
          .inode = info.st_ino};
}

absl::Status SyncFd(int fd, const std::string& uri) {
  while (fsync(fd) != 0) {
    if (errno == EINVAL) break;
    if (errno == EINTR) continue;
    return ErrnoStatus(errno, absl::StrCat("sync ", uri));
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
