// A few connections to one PostgreSQL database, lent out one at a time. Part of
// PostgresStore.

#ifndef ORCHESTRATOR_STORE_POSTGRES_POOL_H_
#define ORCHESTRATOR_STORE_POSTGRES_POOL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/store/postgres_connection.h"
#include "services/common/base/backoff.h"
#include "services/common/base/clock.h"

namespace stagecoach {

// A connection that is lost is replaced by the next one who asks. While the
// server cannot be reached, those who ask are told so at once, and only now and
// then does one of them try again.
//
// Threads: every method may be called from any thread.
class PostgresPool {
 public:
  // Opens connections as they are needed, `size` at most. `clock` must outlive
  // the pool.
  PostgresPool(std::string url, int size, absl::Duration timeout, Clock& clock);

  // A connection that is the caller's alone until this ends.
  class Lease {
   public:
    Lease(PostgresPool& pool, std::unique_ptr<PostgresConnection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) = default;
    ~Lease();
    PostgresConnection& operator*() { return *connection_; }

   private:
    PostgresPool& pool_;
    std::unique_ptr<PostgresConnection> connection_;  // null when moved from
  };

  // Waits until a connection is free. UNAVAILABLE: none was within the
  // time-out. Otherwise as PostgresConnection::Open.
  absl::StatusOr<Lease> Borrow() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool MayBorrow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !idle_.empty() || unopened_ > 0;
  }
  absl::StatusOr<std::unique_ptr<PostgresConnection>> Open()
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CheckMayTry() ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string url_;
  const absl::Duration timeout_;
  Clock& clock_;

  absl::Mutex mutex_;
  int unopened_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<PostgresConnection>> idle_
      ABSL_GUARDED_BY(mutex_);
  Backoff backoff_ ABSL_GUARDED_BY(mutex_);
  absl::Status last_failure_ ABSL_GUARDED_BY(mutex_);
  absl::Duration not_before_ ABSL_GUARDED_BY(mutex_) =
      -absl::InfiniteDuration();
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_POSTGRES_POOL_H_
