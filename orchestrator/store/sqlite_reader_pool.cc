#include "orchestrator/store/sqlite_reader_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace stagecoach {

SqliteReaderPool::Lease::~Lease() {
  if (connection_ == nullptr) return;
  absl::MutexLock lock(&pool_.mutex_);
  pool_.idle_.push_back(std::move(connection_));
}

absl::StatusOr<SqliteReaderPool::Lease> SqliteReaderPool::Borrow() {
  {
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(
            absl::Condition(this, &SqliteReaderPool::MayBorrow), timeout_)) {
      return absl::UnavailableError(absl::StrCat(
          "store ", path_, ": every connection for reading has been busy for ",
          absl::FormatDuration(timeout_)));
    }
    if (!idle_.empty()) {
      Lease lease(*this, std::move(idle_.back()));
      idle_.pop_back();
      return lease;
    }
    --unopened_;
  }
  absl::StatusOr<std::unique_ptr<SqliteConnection>> opened = Open();
  if (!opened.ok()) return opened.status();
  return Lease(*this, *std::move(opened));
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteReaderPool::Open() {
  absl::StatusOr<std::unique_ptr<SqliteConnection>> opened =
      SqliteConnection::Open(path_, SqliteConnection::Mode::kRead, timeout_);
  if (opened.ok()) return opened;
  absl::MutexLock lock(&mutex_);
  ++unopened_;
  return opened;
}

}  // namespace stagecoach
