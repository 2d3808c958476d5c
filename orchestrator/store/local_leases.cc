#include "orchestrator/store/local_leases.h"

#include "orchestrator/store/run_rules.h"

namespace stagecoach {

absl::Status LocalLeases::Renew(absl::string_view holder, absl::Duration end) {
  Lease& lease = by_holder_[holder];
  if (lease.ended) return LeaseLost(holder);
  lease.end = end;
  return absl::OkStatus();
}

void LocalLeases::Release(absl::string_view holder) {
  const auto found = by_holder_.find(holder);
  if (found != by_holder_.end()) found->second.ended = true;
}

absl::Status LocalLeases::EndOthers(absl::string_view holder,
                                    absl::Duration now) {
  if (!Holds(holder)) return LeaseLost(holder);
  for (auto& [name, lease] : by_holder_) {
    if (name != holder && lease.end <= now) lease.ended = true;
  }
  return absl::OkStatus();
}

bool LocalLeases::Holds(absl::string_view holder) const {
  const auto found = by_holder_.find(holder);
  return found != by_holder_.end() && !found->second.ended;
}

}  // namespace stagecoach
