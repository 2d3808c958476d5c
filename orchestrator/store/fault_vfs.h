// A layer between SQLite and the file system, for tests: it fails chosen
// calls, and knows what has been written but not yet flushed.

#ifndef ORCHESTRATOR_STORE_FAULT_VFS_H_
#define ORCHESTRATOR_STORE_FAULT_VFS_H_

#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace stagecoach {

// Calls that change a file (write, truncate, sync) are counted and may fail.
//
// Threads: every method may be called from any thread.
class FaultVfs {
 public:
  // Put under every connection that is opened from now on. Never destroyed.
  static FaultVfs& Install();

  // How long a fault lasts.
  enum class Fault { kOnce, kForGood };

  // Lets call number `nth` from now, from 1, and with kForGood all after it
  // fail with `code`, an error code of SQLite.
  void FailCall(int nth, int code, Fault fault) ABSL_LOCKS_EXCLUDED(mutex_);

  // No call fails any more. Returns whether one has failed since FailCall.
  bool Heal() ABSL_LOCKS_EXCLUDED(mutex_);

  // Files that have been written to since they were last synced.
  std::set<std::string> UnsyncedFiles() ABSL_LOCKS_EXCLUDED(mutex_);

  // For the layer itself: what call that changes `file` returns, 0 if it may
  // go on.
  int OnChange(const std::string& file) ABSL_LOCKS_EXCLUDED(mutex_);
  int OnSync(const std::string& file) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  FaultVfs() = default;
  int NextCallLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  int calls_left_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: none will fail
  int code_ ABSL_GUARDED_BY(mutex_) = 0;
  Fault fault_ ABSL_GUARDED_BY(mutex_) = Fault::kOnce;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::string> unsynced_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_FAULT_VFS_H_
