// Keeps two processes from using one file at once.

#ifndef ORCHESTRATOR_STORE_FILE_LOCK_H_
#define ORCHESTRATOR_STORE_FILE_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace stagecoach {

// Holds `PATH.lock`, and with it the right to use the file at PATH, until
// destroyed or until the process ends, however it ends. The lock's file stays;
// it holds the number of the process that took it last.
class FileLock {
 public:
  // FAILED_PRECONDITION: another process, named, holds it, or the lock's file
  // cannot be opened.
  static absl::StatusOr<std::unique_ptr<FileLock>> Take(
      const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_FILE_LOCK_H_
