// Who has a free slot: the bookkeeping of one stage's replicas. Pure data and
// decisions; it reads no clock, starts nothing and calls nobody.

#ifndef ORCHESTRATOR_FLEET_SLOTS_H_
#define ORCHESTRATOR_FLEET_SLOTS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace stagecoach {

// The slots of one replica.
struct ReplicaSlots {
  // `host:port`.
  std::string address;
  // Executions that it runs at once, >= 0; 0 until it has said.
  int slots = 0;
  // Executions that are there now, >= 0. More than `slots` while executions
  // that were there already are joined.
  int used = 0;
  // Whether it may be given work.
  bool serving = false;
  // Whether it belongs to the stage; one that does not is forgotten as soon
  // as its last slot is given back.
  bool member = false;
  // It is given nothing before this reading of Clock::Elapsed.
  absl::Duration refused_until = -absl::InfiniteDuration();
};

// Whether `replica` can be given one more execution at time `now`.
bool HasFreeSlot(const ReplicaSlots& replica, absl::Duration now);

// The index of the replica to be given the next execution: among those with a
// free slot the one with the smallest part of its slots used, then with the
// fewest used, then the first after `last` in cyclic order (round robin).
// `replicas.size()` if none has a free slot. `last` may be any index.
size_t PickLeastBusy(absl::Span<const ReplicaSlots> replicas, size_t last,
                     absl::Duration now);

// What the slots of a stage add up to.
struct SlotTotals {
  // Slots of serving replicas that are not used.
  int free = 0;
  // Executions that are anywhere, also on replicas that no longer serve.
  int used = 0;
};

// The replicas of one stage.
//
// Times are readings of Clock::Elapsed. Every cost is linear in the number of
// replicas at most; giving back and taking at an address are constant.
// Threads: none of its own; the owner guards it.
class StageSlots {
 public:
  // Makes `address` a member, not serving and with 0 slots; nothing if it is
  // a member already.
  void Add(absl::string_view address);

  // Ends the membership of `address`: it is given nothing more.
  void Remove(absl::string_view address);

  // Sets what is known of a member; nothing if `address` is none.
  void Update(absl::string_view address, bool serving, int slots);

  // Takes a slot of the replica that PickLeastBusy names, and returns its
  // address; null if none has a free slot. Valid until the next change.
  const std::string* Take(absl::Duration now);

  // Takes a slot of `address`, whether or not there is one free.
  void TakeAt(absl::string_view address);

  // Gives a slot of `address` back. It is given nothing before
  // `refused_until`, unless an earlier refusal lasts longer; in the past:
  // no refusal.
  void Release(absl::string_view address, absl::Duration refused_until);

  // Whether any replica has a free slot.
  bool HasFree(absl::Duration now) const;

  // Whether somebody who found no slot is to be told that there is one now:
  // true once after each Take that failed (and once at the start), as soon as
  // there is a free slot.
  bool TakeNotice(absl::Duration now);
  // What TakeNotice would return.
  bool NoticeDue(absl::Duration now) const { return wanted_ && HasFree(now); }

  // Whether any replica is serving, busy or not.
  bool HasServing() const;

  // When the next refusal after `now` ends; infinite if there is none.
  absl::Duration NextRefusalEnd(absl::Duration now) const;

  // The slots of `address`; null if it is not known. Valid until the next
  // change.
  const ReplicaSlots* Find(absl::string_view address) const;

  // Constant cost.
  const SlotTotals& Totals() const { return totals_; }

  // Every replica, members and those not yet forgotten, in no order.
  absl::Span<const ReplicaSlots> replicas() const { return replicas_; }

 private:
  ReplicaSlots* FindMutable(absl::string_view address);
  // Applies `change` to `replica` and keeps the totals.
  template <typename Change>
  void Apply(ReplicaSlots& replica, const Change& change);
  ReplicaSlots& FindOrAdd(absl::string_view address);
  void ForgetIfUnused(absl::string_view address);

  std::vector<ReplicaSlots> replicas_;
  absl::flat_hash_map<std::string, size_t> index_;  // address -> replicas_
  size_t last_ = 0;                                 // picked last
  SlotTotals totals_;
  bool wanted_ = true;  // a Take has failed since the last notice
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_SLOTS_H_
