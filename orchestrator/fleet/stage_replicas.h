// The replicas of one stage: which there are, how each is, and who has a free
// slot.

#ifndef ORCHESTRATOR_FLEET_STAGE_REPLICAS_H_
#define ORCHESTRATOR_FLEET_STAGE_REPLICAS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/fleet/dns_resolver.h"
#include "orchestrator/fleet/fleet_metrics.h"
#include "orchestrator/fleet/fleet_runtime.h"
#include "orchestrator/fleet/replica.h"
#include "orchestrator/fleet/slots.h"
#include "orchestrator/fleet/stage_addresses.h"
#include "stagecoach/v1/orchestrator.pb.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

class ReplicaChannel;

// Replicas come and go while it runs: those that DNS has found, beside those
// that were named. One that goes keeps its channel while executions are there.
//
// Threads:   every method may be called from any thread; the methods of Fleet
//            that it serves cost one lock, and never wait for a call.
// Ownership: held by a shared_ptr.
class StageReplicas : public std::enable_shared_from_this<StageReplicas> {
 public:
  StageReplicas(StageAddresses addresses, std::shared_ptr<FleetRuntime> runtime,
                FleetMetrics& metrics);

  // Begins to look for replicas and to connect to them; once.
  void Start();
  // Ends that. Waits for reports of DNS that are running, not for calls.
  void Stop();

  // Waits, at most `limit`, until of every replica it is known whether it
  // serves.
  void AwaitContact(absl::Duration limit) const ABSL_LOCKS_EXCLUDED(mutex_);

  // As in Fleet.
  absl::StatusOr<std::string> Acquire();
  void AcquireAt(const std::string& address);
  void Release(const std::string& address, absl::Duration refused_for);
  absl::StatusOr<v1::StageDescription> Describe() const;
  absl::Status CheckServing() const;
  v1::StageStatus Status() const;

  // The channel to a replica; made for the purpose if the address is not (or
  // no longer) one of the stage's.
  std::shared_ptr<ReplicaChannel> Channel(const std::string& address);

 private:
  // A replica of the stage; or, without `replica`, an address where
  // executions are that belongs to no replica any more or yet.
  struct Member {
    std::shared_ptr<Replica> replica;
    ReplicaCondition condition;
    std::shared_ptr<ReplicaChannel> channel;  // only without `replica`
  };
  // A DNS name and what it has led to.
  struct Name {
    std::vector<std::string> found;
    std::string problem;     // of the last look; empty: none
    bool looked_up = false;  // and what was found has become members
  };
  using Replicas = std::vector<std::shared_ptr<Replica>>;
  using Addresses = absl::flat_hash_set<std::string>;

  // Which replicas there are.
  void OnResolved(size_t name, absl::StatusOr<std::vector<std::string>> found);
  void UpdateMembers() ABSL_LOCKS_EXCLUDED(mutex_);
  Addresses WantedLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Each returns the replicas to start or to stop once the lock is free.
  Replicas AddMembersLocked(const Addresses& wanted)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Replicas RemoveMembersLocked(const Addresses& wanted)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<Replica> NewReplica(const std::string& address);

  bool KnowsAllLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // How each is.
  void OnChanged(const std::string& address);
  // True: it differs from what the stage said before.
  bool TakeDescriptionLocked(const ReplicaCondition& condition)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReportChange(const std::string& address, const ReplicaCondition& before,
                    const ReplicaCondition& now) const;
  std::vector<v1::ReplicaStatus> ReplicaStatusesLocked() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Who is to be told of a free slot.
  // True: PostNotice is due once the lock is free.
  bool ClaimNoticeLocked(absl::Duration now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PostNotice();
  void Notify();
  // Sees to a notice when the next refusal ends.
  void AwaitRefusalEndLocked(absl::Duration now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnRefusalEnded();

  const StageAddresses addresses_;
  const std::shared_ptr<FleetRuntime> runtime_;
  StageGauges gauges_;                                   // guards itself
  std::vector<std::unique_ptr<DnsResolver>> resolvers_;  // as dns_names

  mutable absl::Mutex mutex_;
  std::vector<Name> names_ ABSL_GUARDED_BY(mutex_);  // as dns_names
  absl::flat_hash_map<std::string, Member> members_ ABSL_GUARDED_BY(mutex_);
  StageSlots slots_ ABSL_GUARDED_BY(mutex_);
  // The newest answer of any replica; null before the first.
  std::shared_ptr<const v1::StageDescription> description_
      ABSL_GUARDED_BY(mutex_);
  bool notice_posted_ ABSL_GUARDED_BY(mutex_) = false;
  // When the next timer for refusals is due.
  absl::Duration refusal_timer_ ABSL_GUARDED_BY(mutex_) =
      absl::InfiniteDuration();
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_STAGE_REPLICAS_H_
