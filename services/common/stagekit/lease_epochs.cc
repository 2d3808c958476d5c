#include "services/common/stagekit/lease_epochs.h"

#include "absl/strings/str_cat.h"

namespace stagecoach {

absl::Status LeaseEpochs::Check(const std::string& run, int64_t epoch) {
  const auto found = by_run_.find(run);
  if (found == by_run_.end()) {
    entries_.emplace_front(run, epoch);
    by_run_[run] = entries_.begin();
    if (entries_.size() > capacity_) {
      by_run_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return absl::OkStatus();
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  int64_t& newest = found->second->second;
  if (epoch < newest) {
    return absl::AbortedError(absl::StrCat(
        "lease_epoch ", epoch, " of run '", run, "' is too old; epoch ", newest,
        " has been seen: another orchestrator has taken the run over"));
  }
  newest = epoch;
  return absl::OkStatus();
}

}  // namespace stagecoach
