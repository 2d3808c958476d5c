// The leases of a store that one process has to itself: they are kept in
// memory, because none outlives the process.

#ifndef ORCHESTRATOR_STORE_LOCAL_LEASES_H_
#define ORCHESTRATOR_STORE_LOCAL_LEASES_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace stagecoach {

// Threads: not thread-safe. Times are those of Clock::Elapsed.
class LocalLeases {
 public:
  // As LeaseStore::RenewLease; the lease ends at `end`.
  absl::Status Renew(absl::string_view holder, absl::Duration end);

  void Release(absl::string_view holder);

  // Ends the leases that are due at `now`, all but that of `holder`. ABORTED:
  // `holder` has none.
  absl::Status EndOthers(absl::string_view holder, absl::Duration now);

  // Whether `holder` has a lease that has not been ended.
  bool Holds(absl::string_view holder) const;

 private:
  struct Lease {
    absl::Duration end;
    bool ended = false;  // for good
  };
  absl::flat_hash_map<std::string, Lease> by_holder_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_LOCAL_LEASES_H_
