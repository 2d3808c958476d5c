#include "orchestrator/fleet/slots.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>

namespace stagecoach {
namespace {

// Whether `a` is less busy than `b`. Parts are compared by cross products, so
// that no rounding decides.
bool LessBusy(const ReplicaSlots& a, const ReplicaSlots& b) {
  const int64_t part_of_a = int64_t{a.used} * b.slots;
  const int64_t part_of_b = int64_t{b.used} * a.slots;
  if (part_of_a != part_of_b) return part_of_a < part_of_b;
  return a.used < b.used;
}

int FreeSlots(const ReplicaSlots& replica) {
  return replica.serving ? std::max(0, replica.slots - replica.used) : 0;
}

}  // namespace

bool HasFreeSlot(const ReplicaSlots& replica, absl::Duration now) {
  return replica.serving && replica.used < replica.slots &&
         replica.refused_until <= now;
}

size_t PickLeastBusy(absl::Span<const ReplicaSlots> replicas, size_t last,
                     absl::Duration now) {
  const size_t count = replicas.size();
  size_t best = count;
  for (size_t step = 1; step <= count; ++step) {
    const size_t i = (last + step) % count;
    if (!HasFreeSlot(replicas[i], now)) continue;
    if (best == count || LessBusy(replicas[i], replicas[best])) best = i;
  }
  return best;
}

template <typename Change>
void StageSlots::Apply(ReplicaSlots& replica, const Change& change) {
  totals_.free -= FreeSlots(replica);
  totals_.used -= replica.used;
  change(replica);
  totals_.free += FreeSlots(replica);
  totals_.used += replica.used;
}

void StageSlots::Add(absl::string_view address) {
  FindOrAdd(address).member = true;
}

void StageSlots::Remove(absl::string_view address) {
  ReplicaSlots* replica = FindMutable(address);
  if (replica == nullptr) return;
  Apply(*replica, [](ReplicaSlots& removed) {
    removed.member = false;
    removed.serving = false;
  });
  ForgetIfUnused(address);
}

void StageSlots::Update(absl::string_view address, bool serving, int slots) {
  ReplicaSlots* replica = FindMutable(address);
  if (replica == nullptr || !replica->member) return;
  Apply(*replica, [serving, slots](ReplicaSlots& updated) {
    updated.serving = serving;
    updated.slots = slots;
  });
}

const std::string* StageSlots::Take(absl::Duration now) {
  const size_t picked = PickLeastBusy(replicas_, last_, now);
  wanted_ = picked == replicas_.size();
  if (wanted_) return nullptr;
  last_ = picked;
  Apply(replicas_[picked], [](ReplicaSlots& taken) { ++taken.used; });
  return &replicas_[picked].address;
}

void StageSlots::TakeAt(absl::string_view address) {
  Apply(FindOrAdd(address), [](ReplicaSlots& taken) { ++taken.used; });
}

void StageSlots::Release(absl::string_view address,
                         absl::Duration refused_until) {
  ReplicaSlots* replica = FindMutable(address);
  assert(replica != nullptr && replica->used > 0);
  if (replica == nullptr || replica->used == 0) return;
  Apply(*replica, [refused_until](ReplicaSlots& released) {
    --released.used;
    released.refused_until = std::max(released.refused_until, refused_until);
  });
  ForgetIfUnused(address);
}

bool StageSlots::HasFree(absl::Duration now) const {
  return std::any_of(
      replicas_.begin(), replicas_.end(),
      [now](const ReplicaSlots& replica) { return HasFreeSlot(replica, now); });
}

bool StageSlots::TakeNotice(absl::Duration now) {
  if (!NoticeDue(now)) return false;
  wanted_ = false;
  return true;
}

bool StageSlots::HasServing() const {
  return std::any_of(
      replicas_.begin(), replicas_.end(),
      [](const ReplicaSlots& replica) { return replica.serving; });
}

absl::Duration StageSlots::NextRefusalEnd(absl::Duration now) const {
  absl::Duration next = absl::InfiniteDuration();
  for (const ReplicaSlots& replica : replicas_) {
    if (replica.refused_until > now) {
      next = std::min(next, replica.refused_until);
    }
  }
  return next;
}

const ReplicaSlots* StageSlots::Find(absl::string_view address) const {
  const auto found = index_.find(address);
  return found == index_.end() ? nullptr : &replicas_[found->second];
}

ReplicaSlots* StageSlots::FindMutable(absl::string_view address) {
  const auto found = index_.find(address);
  return found == index_.end() ? nullptr : &replicas_[found->second];
}

ReplicaSlots& StageSlots::FindOrAdd(absl::string_view address) {
  if (ReplicaSlots* known = FindMutable(address)) return *known;
  index_.emplace(std::string(address), replicas_.size());
  ReplicaSlots replica;
  replica.address = std::string(address);
  replicas_.push_back(std::move(replica));
  return replicas_.back();
}

void StageSlots::ForgetIfUnused(absl::string_view address) {
  const auto found = index_.find(address);
  const size_t i = found->second;
  if (replicas_[i].member || replicas_[i].used > 0) return;
  index_.erase(found);
  if (i + 1 != replicas_.size()) {
    replicas_[i] = std::move(replicas_.back());
    index_[replicas_[i].address] = i;
  }
  replicas_.pop_back();
}

}  // namespace stagecoach
