// Keeps the lease of this orchestrator, and hands to its engine what that
// brings: runs whose holder is gone, wishes for runs that it holds, places for
// those that wait for others of their pipeline, and that work has ended
// elsewhere that steps wait for.
//
// The lease is renewed every third of its time. The engine does nothing that
// can be seen from a margin before the end until it is renewed: by our own
// clock, which goes on while the process does not. If others have taken the
// runs over meanwhile, the engine forgets them, and the orchestrator goes on
// under a new name. What still slips out is refused: by the store and the
// stages, because the new holder's epoch is newer.

#ifndef ORCHESTRATOR_ENGINE_LEASE_KEEPER_H_
#define ORCHESTRATOR_ENGINE_LEASE_KEEPER_H_

#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/store/coordination_store.h"
#include "orchestrator/store/lease_store.h"
#include "services/common/base/clock.h"

namespace stagecoach {

struct LeaseOptions {
  // Names this orchestrator to others; made unique by what is added to it.
  std::string name;
  // How long after its last sign an orchestrator is held for gone, >= 1 s.
  absl::Duration ttl = absl::Seconds(15);
  // How long before that its engine stops, > 0 and less than two thirds of ttl.
  absl::Duration margin = absl::Seconds(3);

  // INVALID_ARGUMENT naming the option.
  absl::Status Validate() const;
};

// Threads:   Start, Stop and Release from the one that owns the keeper, in this
//            order; Wake from any.
// Ownership: everything handed in must outlive the keeper.
class LeaseKeeper {
 public:
  LeaseKeeper(LeaseStore& store, CoordinationStore& coordination,
              Engine& engine, Clock& clock, LeaseOptions options);
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  // Takes a lease and names it to the engine, which has yet to recover.
  absl::Status TakeLease();

  // Begins to renew it, to acquire and to listen to wishes.
  void Start();

  // Something may have changed: looks now.
  void Wake() ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends what Start began. Safe to repeat.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Gives the lease back; others go on at once. After the engine has stopped.
  void Release();

  // Does what is due now, instead of Start.
  void TurnForTest() { Turn(); }

 private:
  void RunThread() ABSL_LOCKS_EXCLUDED(mutex_);
  void Turn();
  absl::Status Renew();
  void TakeNewName();
  void Acquire();
  void PassOnWishes() ABSL_LOCKS_EXCLUDED(mutex_);
  void AskForPlaces(std::vector<PlaceRequest> requests)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void GivePlaces() ABSL_LOCKS_EXCLUDED(mutex_);
  void Forget(int64_t number, const absl::Status& fulfilled)
      ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || woken_ || places_asked_;
  }

  LeaseStore& store_;
  CoordinationStore& coordination_;
  Engine& engine_;
  Clock& clock_;
  const LeaseOptions options_;

  // Owned by the keeper's thread.
  std::string holder_;
  absl::Duration renew_at_;

  std::thread thread_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool places_asked_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<PlaceRequest> requests_ ABSL_GUARDED_BY(mutex_);
  std::set<int64_t> passed_on_ ABSL_GUARDED_BY(mutex_);  // numbers of wishes
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_LEASE_KEEPER_H_
