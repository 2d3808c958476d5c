#include "orchestrator/store/postgres_pool.h"

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr BackoffOptions kReconnect = {.initial = absl::Milliseconds(50),
                                       .maximum = absl::Seconds(2)};

}  // namespace

PostgresPool::PostgresPool(std::string url, int size, absl::Duration timeout,
                           Clock& clock)
    : url_(std::move(url)),
      timeout_(timeout),
      clock_(clock),
      unopened_(size),
      backoff_(kReconnect) {}

PostgresPool::Lease::~Lease() {
  if (connection_ == nullptr) return;
  const bool broken = connection_->IsBroken();
  absl::MutexLock lock(&pool_.mutex_);
  if (broken) {
    ++pool_.unopened_;
  } else {
    pool_.idle_.push_back(std::move(connection_));
  }
}

absl::StatusOr<PostgresPool::Lease> PostgresPool::Borrow() {
  std::vector<std::unique_ptr<PostgresConnection>> broken;  // closed unlocked
  for (;;) {
    std::unique_ptr<PostgresConnection> connection;
    {
      absl::MutexLock lock(&mutex_);
      if (!mutex_.AwaitWithTimeout(
              absl::Condition(this, &PostgresPool::MayBorrow), timeout_)) {
        return absl::UnavailableError(
            absl::StrCat("no connection to the PostgreSQL store was free for ",
                         absl::FormatDuration(timeout_)));
      }
      if (idle_.empty()) {
        --unopened_;
        break;
      }
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    // It may have been lost while it was idle.
    if (!connection->IsBroken()) return Lease(*this, std::move(connection));
    broken.push_back(std::move(connection));
    absl::MutexLock lock(&mutex_);
    ++unopened_;
  }
  absl::StatusOr<std::unique_ptr<PostgresConnection>> opened = Open();
  if (opened.ok()) return Lease(*this, *std::move(opened));
  absl::MutexLock lock(&mutex_);
  ++unopened_;
  return opened.status();
}

absl::Status PostgresPool::CheckMayTry() {
  absl::MutexLock lock(&mutex_);
  return clock_.Elapsed() < not_before_ ? last_failure_ : absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresPool::Open() {
  SC_RETURN_IF_ERROR(CheckMayTry());
  absl::StatusOr<std::unique_ptr<PostgresConnection>> connection =
      PostgresConnection::Open(url_, timeout_);
  absl::MutexLock lock(&mutex_);
  if (connection.ok()) {
    backoff_.Reset();
  } else {
    last_failure_ = connection.status();
    not_before_ = clock_.Elapsed() + backoff_.Next();
  }
  return connection;
}

}  // namespace stagecoach
