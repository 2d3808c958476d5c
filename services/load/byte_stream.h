// The bytes of a file, in parts that fit into memory.

#ifndef SERVICES_LOAD_BYTE_STREAM_H_
#define SERVICES_LOAD_BYTE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Threads: one at a time.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Keeps the last `keep` bytes of the part before, which nobody has needed
  // yet, and adds more behind them: at least one byte, unless at_end(). The
  // first part is asked for with `keep` 0.
  //
  // FAILED_PRECONDITION: damaged data, or `keep` is beyond 64 MiB: no record
  //   is that long.
  virtual absl::Status Next(size_t keep) = 0;

  // The part at hand, valid until Next.
  virtual absl::string_view part() const = 0;
  // Whether it is the last.
  virtual bool at_end() const = 0;

  // How many bytes of the file have been read when all but the last `unread`
  // of the part have.
  virtual int64_t position(size_t unread) const = 0;
};

// All of `bytes` as one part.
std::unique_ptr<ByteStream> StreamOf(absl::string_view bytes);

// Whether the bytes are those of a gzip file (RFC 1952).
bool IsGzip(absl::string_view bytes);

// What the gzip file `bytes`, of one or several members, unpacks to. Also
// FAILED_PRECONDITION: it is cut off, its check sum is wrong, or something else
// follows it.
std::unique_ptr<ByteStream> UnpackGzip(absl::string_view bytes);

}  // namespace stagecoach

#endif  // SERVICES_LOAD_BYTE_STREAM_H_
