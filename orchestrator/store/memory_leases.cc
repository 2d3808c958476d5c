// The part of MemoryStore that knows who holds what.

#include <utility>
#include <vector>

#include "orchestrator/store/memory_store.h"
#include "orchestrator/store/run_rules.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach {

absl::Status MemoryStore::RenewLease(absl::string_view holder,
                                     absl::Duration ttl) {
  absl::MutexLock lock(&mutex_);
  return leases_.Renew(holder, clock_.Elapsed() + ttl);
}

absl::Status MemoryStore::ReleaseLease(absl::string_view holder) {
  absl::MutexLock lock(&mutex_);
  leases_.Release(holder);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Run>> MemoryStore::AcquireRuns(
    absl::string_view holder, int limit) {
  absl::MutexLock lock(&mutex_);
  SC_RETURN_IF_ERROR(leases_.EndOthers(holder, clock_.Elapsed()));
  std::vector<v1::Run> acquired;
  for (const auto& [time, id] : by_time_) {
    if (static_cast<int>(acquired.size()) >= limit) break;
    v1::Run& run = runs_.at(id).run;
    if (IsTerminal(run.state()) || leases_.Holds(run.holder())) continue;
    run.set_holder(std::string(holder));
    run.set_lease_epoch(run.lease_epoch() + 1);
    acquired.push_back(run);
  }
  return acquired;
}

absl::Status MemoryStore::AddWish(const RunWish& wish) {
  absl::MutexLock lock(&mutex_);
  const auto found = runs_.find(wish.run_id);
  if (found == runs_.end()) return RunNotFound(wish.run_id);
  const v1::RunState state = found->second.run.state();
  if (IsTerminal(state)) return CannotWish(wish.run_id, state);
  RunWish& added = wishes_[++last_wish_] = wish;
  added.number = last_wish_;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<RunWish>> MemoryStore::WishesFor(
    absl::string_view holder) {
  absl::MutexLock lock(&mutex_);
  std::vector<RunWish> wishes;
  for (const auto& [number, wish] : wishes_) {
    if (runs_.at(wish.run_id).run.holder() == holder) wishes.push_back(wish);
  }
  return wishes;
}

absl::Status MemoryStore::ForgetWish(int64_t number) {
  absl::MutexLock lock(&mutex_);
  wishes_.erase(number);
  return absl::OkStatus();
}

void MemoryStore::ForgetWishesLocked(const std::string& run_id) {
  std::erase_if(wishes_,
                [&](const auto& wish) { return wish.second.run_id == run_id; });
}

}  // namespace stagecoach
