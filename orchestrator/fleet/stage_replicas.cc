#include "orchestrator/fleet/stage_replicas.h"

#include <algorithm>
#include <utility>

#include "google/protobuf/util/message_differencer.h"
#include "orchestrator/fleet/fleet_errors.h"
#include "orchestrator/fleet/replica_channel.h"
#include "services/common/base/logging.h"

namespace stagecoach {
namespace {

// Whether two replicas say the same of their stage. How many slots each has is
// its own business.
bool SameStage(v1::StageDescription a, v1::StageDescription b) {
  a.clear_slots();
  b.clear_slots();
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

int SlotsOf(const ReplicaCondition& condition) {
  return condition.description == nullptr ? 0 : condition.description->slots();
}

v1::ReplicaStatus MakeStatus(const std::string& address, absl::string_view why,
                             bool serving) {
  v1::ReplicaStatus status;
  status.set_address(address);
  status.set_serving(serving);
  status.set_reason(std::string(why));
  return status;
}

}  // namespace

StageReplicas::StageReplicas(StageAddresses addresses,
                             std::shared_ptr<FleetRuntime> runtime,
                             FleetMetrics& metrics)
    : addresses_(std::move(addresses)),
      runtime_(std::move(runtime)),
      gauges_(metrics.ForStage(addresses_.stage)) {
  for (const HostPort& dns_name : addresses_.dns_names) {
    resolvers_.push_back(std::make_unique<DnsResolver>(
        dns_name, runtime_->options.dns, runtime_->options.lookup,
        runtime_->clock, runtime_->timers));
    names_.push_back(Name{{}, "it is being looked up"});
  }
}

void StageReplicas::Start() {
  UpdateMembers();
  for (size_t i = 0; i < resolvers_.size(); ++i) {
    resolvers_[i]->Start(
        [this, i](absl::StatusOr<std::vector<std::string>> found) {
          OnResolved(i, std::move(found));
        });
  }
}

void StageReplicas::Stop() {
  for (const auto& resolver : resolvers_) resolver->Stop();
  Replicas replicas;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    for (const auto& [address, member] : members_) {
      if (member.replica != nullptr) replicas.push_back(member.replica);
    }
  }
  for (const auto& replica : replicas) replica->Stop();
}

void StageReplicas::AwaitContact(absl::Duration limit) const {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(this, &StageReplicas::KnowsAllLocked),
                          limit);
}

bool StageReplicas::KnowsAllLocked() const {
  for (const Name& name : names_) {
    if (!name.looked_up) return false;
  }
  for (const auto& [address, member] : members_) {
    if (member.replica != nullptr &&
        member.condition.state == ReplicaState::kConnecting) {
      return false;
    }
  }
  return true;
}

absl::StatusOr<std::string> StageReplicas::Acquire() {
  absl::MutexLock lock(&mutex_);
  if (const std::string* address = slots_.Take(runtime_->clock.Elapsed())) {
    gauges_.SetSlots(slots_.Totals());
    return *address;
  }
  if (slots_.HasServing()) return EveryReplicaBusy(addresses_.stage);
  return NoServingReplica(addresses_.stage, ReplicaStatusesLocked());
}

void StageReplicas::AcquireAt(const std::string& address) {
  absl::MutexLock lock(&mutex_);
  slots_.TakeAt(address);
  gauges_.SetSlots(slots_.Totals());
}

void StageReplicas::Release(const std::string& address,
                            absl::Duration refused_for) {
  const bool refused = refused_for > absl::ZeroDuration();
  bool post = false;
  Member erased;  // let go of without the lock
  {
    absl::MutexLock lock(&mutex_);
    const absl::Duration now = runtime_->clock.Elapsed();
    slots_.Release(address, refused ? now + refused_for : now);
    gauges_.SetSlots(slots_.Totals());
    if (slots_.Find(address) == nullptr) {
      const auto member = members_.find(address);
      if (member != members_.end()) {
        erased = std::move(member->second);
        members_.erase(member);
      }
    }
    if (refused) AwaitRefusalEndLocked(now);
    post = ClaimNoticeLocked(now);
  }
  if (post) PostNotice();
}

absl::StatusOr<v1::StageDescription> StageReplicas::Describe() const {
  absl::MutexLock lock(&mutex_);
  if (description_ != nullptr) return *description_;
  return NoServingReplica(addresses_.stage, ReplicaStatusesLocked());
}

absl::Status StageReplicas::CheckServing() const {
  absl::MutexLock lock(&mutex_);
  if (slots_.HasServing()) return absl::OkStatus();
  return NoServingReplica(addresses_.stage, ReplicaStatusesLocked());
}

v1::StageStatus StageReplicas::Status() const {
  absl::MutexLock lock(&mutex_);
  v1::StageStatus status;
  status.set_name(addresses_.stage);
  if (description_ != nullptr) *status.mutable_description() = *description_;
  for (v1::ReplicaStatus& replica : ReplicaStatusesLocked()) {
    *status.add_replicas() = std::move(replica);
  }
  return status;
}

std::shared_ptr<ReplicaChannel> StageReplicas::Channel(
    const std::string& address) {
  absl::MutexLock lock(&mutex_);
  const auto found = members_.find(address);
  if (found != members_.end()) {
    const Member& member = found->second;
    return member.replica != nullptr ? member.replica->channel()
                                     : member.channel;
  }
  auto channel = std::make_shared<ReplicaChannel>(
      address, runtime_->options.replica.channel);
  if (slots_.Find(address) != nullptr) members_[address].channel = channel;
  return channel;
}

void StageReplicas::OnChanged(const std::string& address) {
  ReplicaCondition before;
  ReplicaCondition now;
  bool differs = false;
  bool post = false;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = members_.find(address);
    if (found == members_.end() || found->second.replica == nullptr) return;
    Member& member = found->second;
    // Read under the lock: of two reports at once the later one counts.
    now = member.replica->condition();
    before = std::exchange(member.condition, now);
    gauges_.CountReplicas(before.state, -1);
    gauges_.CountReplicas(now.state, +1);
    slots_.Update(address, now.state == ReplicaState::kServing, SlotsOf(now));
    gauges_.SetSlots(slots_.Totals());
    if (now.description != before.description) {
      differs = TakeDescriptionLocked(now);
    }
    post = ClaimNoticeLocked(runtime_->clock.Elapsed());
  }
  if (post) PostNotice();
  ReportChange(address, before, now);
  if (differs) {
    Log(LogLevel::kInfo,
        "replica describes its stage in a new way, which counts from now on",
        {{"stage", addresses_.stage},
         {"replica", address},
         {"version", now.description->version()},
         {"build_id", now.description->build_id()}});
  }
  if (now.state == ReplicaState::kUnreachable) {
    for (const auto& resolver : resolvers_) resolver->LookAgain();
  }
  runtime_->options.changed_for_test();
}

bool StageReplicas::TakeDescriptionLocked(const ReplicaCondition& condition) {
  if (condition.description == nullptr) return false;
  const auto before = std::exchange(description_, condition.description);
  return before != nullptr && !SameStage(*before, *description_);
}

void StageReplicas::ReportChange(const std::string& address,
                                 const ReplicaCondition& before,
                                 const ReplicaCondition& now) const {
  if (now.state == ReplicaState::kConnecting) return;
  if (now.state == before.state && now.reason == before.reason) return;
  if (now.state == ReplicaState::kServing) {
    Log(LogLevel::kInfo, "replica is serving",
        {{"stage", addresses_.stage},
         {"replica", address},
         {"slots", SlotsOf(now)}});
    return;
  }
  Log(LogLevel::kWarning, "replica is not serving",
      {{"stage", addresses_.stage},
       {"replica", address},
       {"state", ReplicaStateName(now.state)},
       {"reason", now.reason}});
}

std::vector<v1::ReplicaStatus> StageReplicas::ReplicaStatusesLocked() const {
  std::vector<v1::ReplicaStatus> all;
  for (const auto& [address, member] : members_) {
    const bool serving = member.condition.state == ReplicaState::kServing;
    v1::ReplicaStatus status =
        member.replica != nullptr
            ? MakeStatus(address, member.condition.reason, serving)
            : MakeStatus(address, "not an address of the stage (any more)",
                         false);
    status.set_slots(SlotsOf(member.condition));
    if (const ReplicaSlots* slots = slots_.Find(address)) {
      status.set_slots_used(slots->used);
    }
    all.push_back(std::move(status));
  }
  for (size_t i = 0; i < names_.size(); ++i) {
    if (names_[i].problem.empty()) continue;
    all.push_back(MakeStatus("dns:///" + addresses_.dns_names[i].ToString(),
                             names_[i].problem,
                             /*serving=*/false));
  }
  std::sort(all.begin(), all.end(),
            [](const v1::ReplicaStatus& a, const v1::ReplicaStatus& b) {
              return a.address() < b.address();
            });
  return all;
}

}  // namespace stagecoach
