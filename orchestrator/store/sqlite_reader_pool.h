// A few connections for reading, lent out one at a time. Part of SqliteStore.

#ifndef ORCHESTRATOR_STORE_SQLITE_READER_POOL_H_
#define ORCHESTRATOR_STORE_SQLITE_READER_POOL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/store/sqlite_connection.h"

namespace stagecoach {

// Threads: every method may be called from any thread.
class SqliteReaderPool {
 public:
  // Opens connections to `path` as they are needed, `size` at most.
  SqliteReaderPool(std::string path, int size, absl::Duration timeout)
      : path_(std::move(path)), timeout_(timeout), unopened_(size) {}

  // A connection that is the caller's alone until this ends.
  class Lease {
   public:
    Lease(SqliteReaderPool& pool, std::unique_ptr<SqliteConnection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) = default;
    ~Lease();
    SqliteConnection& operator*() { return *connection_; }

   private:
    SqliteReaderPool& pool_;
    std::unique_ptr<SqliteConnection> connection_;  // null when moved from
  };

  // Waits until a connection is free. UNAVAILABLE: none was within the
  // time-out, or it could not be opened.
  absl::StatusOr<Lease> Borrow() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool MayBorrow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !idle_.empty() || unopened_ > 0;
  }
  absl::StatusOr<std::unique_ptr<SqliteConnection>> Open()
      ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string path_;
  const absl::Duration timeout_;

  absl::Mutex mutex_;
  int unopened_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<SqliteConnection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_SQLITE_READER_POOL_H_
