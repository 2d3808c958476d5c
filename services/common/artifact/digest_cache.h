// Digests of files that this process has read, so that it reads each once.

#ifndef SERVICES_COMMON_ARTIFACT_DIGEST_CACHE_H_
#define SERVICES_COMMON_ARTIFACT_DIGEST_CACHE_H_

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "services/common/artifact/file_system.h"

namespace stagecoach {

// Keeps the digests of the files used last. A file whose size, time of change
// or inode differs is another file.
//
// Threads: every method may be called from any thread.
class DigestCache {
 public:
  // Keeps up to `capacity` >= 1 digests.
  explicit DigestCache(size_t capacity);

  // Nothing if it is not known.
  std::optional<std::string> Find(absl::string_view uri, const FileInfo& info);

  void Insert(absl::string_view uri, const FileInfo& info, std::string sha256);

 private:
  // Key and digest, used last first.
  using Entries = std::list<std::pair<std::string, std::string>>;

  const size_t capacity_;
  absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, Entries::iterator> by_key_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_DIGEST_CACHE_H_
