// A file mapped into memory that may be shortened, or fail to be read, while it
// is: then there are zeros instead of the bytes, and whoever read them can
// know.
//
// Without that the kernel ends the process by SIGBUS, so that one damaged
// artifact would take every execution of a stage with it. The way is that of
// systemd's journal (src/basic/sigbus.c): the handler puts zeros where the file
// has ended and takes note of the mapping.

#ifndef SERVICES_COMMON_ARTIFACT_FILE_MAPPING_H_
#define SERVICES_COMMON_ARTIFACT_FILE_MAPPING_H_

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Where the handler takes note of it.
struct MappingSlot;

// Threads: any.
class FileMapping {
 public:
  // The first `size` > 0 bytes of the file `fd`, which may be closed after
  // that. The first call in a process takes over SIGBUS; one that belongs to no
  // mapping of this kind does what it did before. Null if the file cannot be
  // mapped, or so many are (4096) that there is no room to take note of it:
  // read it instead.
  static std::shared_ptr<const FileMapping> Map(int fd, size_t size);

  ~FileMapping();
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;

  absl::string_view bytes() const;

 private:
  FileMapping(void* begin, size_t size, MappingSlot* slot)
      : begin_(begin), size_(size), slot_(slot) {}

  void* const begin_;
  const size_t size_;
  MappingSlot* const slot_;
};

// DATA_LOSS naming `uri`: `bytes` are mapped, and when they were read some were
// gone. To be asked before results of them are given to anybody.
absl::Status CheckWhole(absl::string_view uri, absl::string_view bytes);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_FILE_MAPPING_H_
