#include "services/load/byte_stream.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kGzipMagic("\x1f\x8b", 2);
// Fits into a second-level cache together with what is made of it.
constexpr size_t kPartBytes = size_t{1} << 20;
constexpr size_t kLongestRecord = size_t{64} << 20;
// zlib: a window of 32 KiB, and a gzip header.
constexpr int kGzipWindow = 15 + 16;

class WholeStream final : public ByteStream {
 public:
  explicit WholeStream(absl::string_view bytes) : bytes_(bytes) {}

  absl::Status Next(size_t keep) override { return absl::OkStatus(); }
  absl::string_view part() const override { return bytes_; }
  bool at_end() const override { return true; }
  int64_t position(size_t unread) const override {
    return static_cast<int64_t>(bytes_.size() - unread);
  }

 private:
  const absl::string_view bytes_;
};

class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(absl::string_view bytes)
      : rest_(bytes), size_(bytes.size()) {
    ready_ = inflateInit2(&zlib_, kGzipWindow) == Z_OK;
  }
  ~GzipStream() override {
    if (ready_) inflateEnd(&zlib_);
  }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  absl::Status Next(size_t keep) override;
  absl::string_view part() const override {
    return absl::string_view(buffer_.data(), filled_);
  }
  bool at_end() const override { return at_end_; }
  int64_t position(size_t unread) const override {
    return static_cast<int64_t>(size_ - rest_.size());
  }

 private:
  // Unpacks into the free end of the buffer.
  absl::Status Inflate();
  // After the end of a member: the next one, or the end of all.
  absl::Status NextMember();

  absl::string_view rest_;  // not yet unpacked
  const size_t size_;
  z_stream zlib_ = {};
  bool ready_ = false;
  std::vector<char> buffer_;
  size_t filled_ = 0;
  bool at_end_ = false;
};

absl::Status GzipStream::Next(size_t keep) {
  if (!ready_) return absl::ResourceExhaustedError("no memory to unpack gzip");
  if (keep > kLongestRecord) {
    return absl::FailedPreconditionError(
        absl::StrCat("a record is longer than ", kLongestRecord >> 20,
                     " MiB; is a quote missing, or is this not CSV?"));
  }
  if (keep > 0) std::memmove(buffer_.data(), &buffer_[filled_ - keep], keep);
  filled_ = keep;
  if (buffer_.size() - filled_ < kPartBytes) {
    buffer_.resize(std::max(2 * filled_, kPartBytes) + kPartBytes);
  }
  while (!at_end_ && filled_ < buffer_.size()) {
    const absl::Status status = Inflate();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status GzipStream::Inflate() {
  constexpr size_t kMost = std::numeric_limits<uInt>::max();
  const size_t given = std::min(rest_.size(), kMost);
  const size_t room = std::min(buffer_.size() - filled_, kMost);
  zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
  zlib_.avail_in = static_cast<uInt>(given);
  zlib_.next_out = reinterpret_cast<Bytef*>(&buffer_[filled_]);
  zlib_.avail_out = static_cast<uInt>(room);
  const int result = inflate(&zlib_, Z_NO_FLUSH);
  rest_.remove_prefix(given - zlib_.avail_in);
  filled_ += room - zlib_.avail_out;
  if (result == Z_STREAM_END) return NextMember();
  if (result == Z_BUF_ERROR ||
      (result == Z_OK && rest_.empty() && zlib_.avail_out > 0)) {
    return absl::FailedPreconditionError(
        "the gzip data is cut off; is the file whole?");
  }
  if (result == Z_OK) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the gzip data is damaged", zlib_.msg == nullptr ? "" : ": ",
                   zlib_.msg == nullptr ? "" : zlib_.msg));
}

absl::Status GzipStream::NextMember() {
  // Tapes and block devices pad with zeros.
  while (absl::StartsWith(rest_, absl::string_view("\0", 1))) {
    rest_.remove_prefix(1);
  }
  if (rest_.empty()) {
    at_end_ = true;
    return absl::OkStatus();
  }
  if (!IsGzip(rest_)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "something that is not gzip follows at byte ", size_ - rest_.size()));
  }
  inflateReset(&zlib_);
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<ByteStream> StreamOf(absl::string_view bytes) {
  return std::make_unique<WholeStream>(bytes);
}

bool IsGzip(absl::string_view bytes) {
  return absl::StartsWith(bytes, kGzipMagic);
}

std::unique_ptr<ByteStream> UnpackGzip(absl::string_view bytes) {
  return std::make_unique<GzipStream>(bytes);
}

}  // namespace stagecoach
