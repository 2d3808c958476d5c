#include "services/common/artifact/artifact_reader.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace stagecoach {

void ArtifactReader::DropBefore(size_t position) const {
  if (!is_map_) return;
  // A map starts at a page. Only whole pages can go.
  static const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t length = std::min(position, bytes_.size()) / page * page;
  // Pages of a file that nobody has written to come back from the file. That
  // the kernel may decline is no error.
  (void)madvise(const_cast<char*>(bytes_.data()), length, MADV_DONTNEED);
}

}  // namespace stagecoach
