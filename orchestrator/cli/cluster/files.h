// Small files and folders of this machine, and locks on them.

#ifndef ORCHESTRATOR_CLI_CLUSTER_FILES_H_
#define ORCHESTRATOR_CLI_CLUSTER_FILES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace stagecoach {

// Every message names the path and what the system said. NOT_FOUND: it is not
// there. PERMISSION_DENIED: it may not be touched. UNAVAILABLE: anything else.

absl::StatusOr<std::string> ReadFile(const std::string& path);

// Replaces the file as a whole: a reader sees the old or the new one.
absl::Status WriteFile(const std::string& path, absl::string_view text);

// Creates a folder and its parents. Idempotent.
absl::Status CreateFolders(const std::string& path);

// Copies the files in `from` that `to` does not have. Both are folders; `to` is
// created. Returns how many were copied.
absl::StatusOr<int> CopyMissingFiles(const std::string& from,
                                     const std::string& to);

// Length of a file in bytes; 0 if there is none.
int64_t FileSize(const std::string& path);

// The last `most_lines` lines of a file, looking only at what comes after the
// first `from` bytes; empty if there is nothing.
std::string TailOfFile(const std::string& path, int64_t from, int most_lines);

// Keeps other processes out while it lives.
//
// Threads: one at a time.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

  // Takes the lock on `path`, which is created. UNAVAILABLE: another process
  // holds it. It is given back by the system even if the process dies.
  static absl::StatusOr<FileLock> Take(const std::string& path);

 private:
  explicit FileLock(int file) : file_(file) {}

  int file_ = -1;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLUSTER_FILES_H_
