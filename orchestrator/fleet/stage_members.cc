// The part of StageReplicas that follows which replicas there are, and the
// part that tells of free slots.

#include <utility>

#include "orchestrator/fleet/replica_channel.h"
#include "orchestrator/fleet/stage_replicas.h"
#include "services/common/base/logging.h"

namespace stagecoach {

void StageReplicas::OnResolved(size_t name,
                               absl::StatusOr<std::vector<std::string>> found) {
  std::string problem;
  if (!found.ok()) {
    problem = std::string(found.status().message());
  } else if (found->empty()) {
    problem = "it has no address";
  }
  bool is_new = false;
  {
    absl::MutexLock lock(&mutex_);
    Name& changed = names_[name];
    is_new = !problem.empty() && problem != changed.problem;
    changed.problem = problem;
    if (found.ok()) changed.found = *std::move(found);
  }
  if (is_new) {
    Log(LogLevel::kWarning, "replicas cannot be looked up",
        {{"stage", addresses_.stage},
         {"name", addresses_.dns_names[name].ToString()},
         {"reason", problem}});
  }
  UpdateMembers();
  absl::MutexLock lock(&mutex_);
  names_[name].looked_up = true;
}

void StageReplicas::UpdateMembers() {
  Replicas added;
  Replicas removed;
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    const Addresses wanted = WantedLocked();
    added = AddMembersLocked(wanted);
    removed = RemoveMembersLocked(wanted);
    gauges_.SetSlots(slots_.Totals());
  }
  for (const auto& replica : added) replica->Start();
  for (const auto& replica : removed) {
    replica->Stop();
    Log(LogLevel::kInfo, "replica is no longer found, and given no more work",
        {{"stage", addresses_.stage}, {"replica", replica->address()}});
  }
  runtime_->options.changed_for_test();
}

StageReplicas::Addresses StageReplicas::WantedLocked() const {
  Addresses wanted;
  for (const HostPort& named : addresses_.replicas) {
    wanted.insert(named.ToString());
  }
  for (const Name& name : names_) {
    wanted.insert(name.found.begin(), name.found.end());
  }
  return wanted;
}

StageReplicas::Replicas StageReplicas::AddMembersLocked(
    const Addresses& wanted) {
  Replicas added;
  for (const std::string& address : wanted) {
    Member& member = members_[address];
    if (member.replica != nullptr) continue;
    member.channel.reset();  // shared by the executions that are there
    member.replica = NewReplica(address);
    member.condition = member.replica->condition();
    gauges_.CountReplicas(member.condition.state, +1);
    slots_.Add(address);
    added.push_back(member.replica);
  }
  return added;
}

StageReplicas::Replicas StageReplicas::RemoveMembersLocked(
    const Addresses& wanted) {
  Replicas removed;
  for (auto next = members_.begin(); next != members_.end();) {
    const auto member = next++;
    if (member->second.replica == nullptr) continue;
    const std::string& address = member->first;
    if (wanted.contains(address)) continue;
    gauges_.CountReplicas(member->second.condition.state, -1);
    slots_.Remove(address);
    removed.push_back(member->second.replica);
    Member guest;
    guest.channel = member->second.replica->channel();
    member->second = std::move(guest);
    if (slots_.Find(address) == nullptr) members_.erase(member);
  }
  return removed;
}

std::shared_ptr<Replica> StageReplicas::NewReplica(const std::string& address) {
  return std::make_shared<Replica>(
      address, addresses_.stage, runtime_->options.replica, runtime_->timers,
      std::shared_ptr<CallGate>(runtime_, &runtime_->gate),
      [weak = weak_from_this(), address] {
        if (const auto self = weak.lock()) self->OnChanged(address);
      });
}

bool StageReplicas::ClaimNoticeLocked(absl::Duration now) {
  if (notice_posted_ || !slots_.NoticeDue(now)) return false;
  notice_posted_ = true;
  return true;
}

void StageReplicas::PostNotice() {
  runtime_->timers.Schedule(absl::ZeroDuration(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Notify();
  });
}

void StageReplicas::Notify() {
  {
    absl::MutexLock lock(&mutex_);
    notice_posted_ = false;
    // Somebody may have taken the slot since; then nobody needs to know.
    if (!slots_.TakeNotice(runtime_->clock.Elapsed())) return;
  }
  const CallGate::Pass pass = runtime_->gate.Enter();
  if (pass && runtime_->listener) runtime_->listener(addresses_.stage);
}

void StageReplicas::AwaitRefusalEndLocked(absl::Duration now) {
  const absl::Duration end = slots_.NextRefusalEnd(now);
  if (end >= refusal_timer_) return;
  refusal_timer_ = end;
  runtime_->timers.Schedule(end - now, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->OnRefusalEnded();
  });
}

void StageReplicas::OnRefusalEnded() {
  {
    absl::MutexLock lock(&mutex_);
    refusal_timer_ = absl::InfiniteDuration();
    AwaitRefusalEndLocked(runtime_->clock.Elapsed());
  }
  Notify();
}

}  // namespace stagecoach
