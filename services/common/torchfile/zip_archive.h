// ZIP archives in memory whose members are stored as they are, as PyTorch
// writes them. Internal to this folder.

#ifndef SERVICES_COMMON_TORCHFILE_ZIP_ARCHIVE_H_
#define SERVICES_COMMON_TORCHFILE_ZIP_ARCHIVE_H_

#include <zip.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Threads: one at a time.
class ZipReader {
 public:
  // `bytes` must outlive the reader. FAILED_PRECONDITION: no ZIP archive.
  static absl::StatusOr<ZipReader> Open(absl::string_view bytes);

  // The names of all members, in the order of the archive.
  std::vector<std::string> Names() const;

  struct Member {
    std::shared_ptr<char[]> bytes;  // aligned to 16
    size_t size = 0;

    absl::string_view view() const { return {bytes.get(), size}; }
  };
  // A copy of the member's bytes, its check sum verified. FAILED_PRECONDITION:
  // there is none, it is damaged, or it is compressed.
  absl::StatusOr<Member> Read(const std::string& name) const;

 private:
  struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
  };

  absl::string_view bytes_;
  std::unique_ptr<zip_t, Discard> archive_;
};

struct ZipMember {
  std::string name;
  // Must live until WriteZip returns.
  absl::string_view bytes;
};

// An archive of `members`, stored as they are, in this order.
// RESOURCE_EXHAUSTED if there is no memory for it.
absl::StatusOr<std::string> WriteZip(const std::vector<ZipMember>& members);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_TORCHFILE_ZIP_ARCHIVE_H_
