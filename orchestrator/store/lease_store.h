// Which orchestrator holds which run, and what callers want of runs that
// another one holds.
//
// An orchestrator has a lease under a name of its own, which it renews; a run
// has a holder and an epoch. A run without a holder, or whose holder's lease
// has ended, can be acquired by anybody, which raises its epoch: whatever the
// former holder still tries to write is ABORTED by RunStore::Commit.

#ifndef ORCHESTRATOR_STORE_LEASE_STORE_H_
#define ORCHESTRATOR_STORE_LEASE_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// What a caller wants of a run, for its holder to do.
struct RunWish {
  enum class Kind { kCancel = 1, kPause = 2, kResume = 3 };

  int64_t number = 0;  // the store's to give; orders the wishes
  std::string run_id;
  Kind kind = Kind::kCancel;
  std::string reason;  // of kCancel
};

// Time is the store's own: one clock for all orchestrators.
//
// Threads: every method may be called from any thread.
// Failure: as RunStore.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;

  // Makes or renews the lease of `holder`: it ends `ttl` from now. A lease
  // that has ended can still be renewed as long as nobody has acquired
  // anything since. ABORTED: somebody has; what the holder held is no longer
  // its own, and it needs a new name.
  virtual absl::Status RenewLease(absl::string_view holder,
                                  absl::Duration ttl) = 0;

  // Ends the lease of `holder`, whose runs anybody may acquire from then on.
  // OK if it has none.
  virtual absl::Status ReleaseLease(absl::string_view holder) = 0;

  // Gives `holder`, which has a lease, up to `limit` of the runs that have not
  // ended and that nobody with a lease holds, oldest first: whole, with their
  // new holder and raised epoch. Ends the leases that were due. ABORTED: the
  // holder has no lease.
  virtual absl::StatusOr<std::vector<v1::Run>> AcquireRuns(
      absl::string_view holder, int limit) = 0;

  // Makes a wish durable; its number is not looked at. It is forgotten when
  // the run ends. NOT_FOUND: no such run. FAILED_PRECONDITION: it has ended.
  virtual absl::Status AddWish(const RunWish& wish) = 0;

  // The wishes for runs that `holder` holds, oldest first.
  virtual absl::StatusOr<std::vector<RunWish>> WishesFor(
      absl::string_view holder) = 0;

  // Forgets a wish that has been done, or need not be; OK if it is not there.
  virtual absl::Status ForgetWish(int64_t number) = 0;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_LEASE_STORE_H_
