// The newest lease epoch seen for each run, so that a caller that has lost its
// lease is refused.

#ifndef SERVICES_COMMON_STAGEKIT_LEASE_EPOCHS_H_
#define SERVICES_COMMON_STAGEKIT_LEASE_EPOCHS_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"

namespace stagecoach {

// Remembers the runs used last. A forgotten run starts anew: its directory per
// attempt still keeps a late caller from doing harm.
//
// Threads: one at a time.
class LeaseEpochs {
 public:
  // Remembers up to `capacity` >= 1 runs.
  explicit LeaseEpochs(size_t capacity) : capacity_(capacity) {}

  // ABORTED if a newer epoch than `epoch` was seen for `run`; otherwise it is
  // the newest from now on.
  absl::Status Check(const std::string& run, int64_t epoch);

 private:
  // Used last first.
  using Entries = std::list<std::pair<std::string, int64_t>>;

  const size_t capacity_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> by_run_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_LEASE_EPOCHS_H_
