#include "orchestrator/fleet/fake_fleet.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/fleet/fleet_errors.h"

namespace stagecoach {
namespace {

absl::Status StreamBroke(absl::string_view address, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat("replica ", address, ": ", why));
}

}  // namespace

void FakeFleet::AddStage(v1::StageDescription description) {
  absl::MutexLock lock(&mutex_);
  FakeStage& stage = stages_[description.name()];
  stage.description = std::move(description);
}

void FakeFleet::AddReplica(const std::string& stage, const std::string& address,
                           int slots) {
  Change(stage, address, [slots](FakeReplica& replica) {
    replica = FakeReplica();
    replica.slots = slots;
  });
}

void FakeFleet::StopServing(const std::string& stage,
                            const std::string& address,
                            const std::string& reason) {
  Change(stage, address, [&reason](FakeReplica& replica) {
    replica.serving = false;
    replica.reason = reason;
  });
}

void FakeFleet::Vanish(const std::string& stage, const std::string& address) {
  Change(stage, address, [](FakeReplica& replica) {
    replica.serving = false;
    replica.reachable = false;
    replica.reason = "connection refused";
  });
}

void FakeFleet::SetBusy(const std::string& stage, const std::string& address,
                        bool busy) {
  Change(stage, address, [busy](FakeReplica& replica) { replica.busy = busy; });
}

void FakeFleet::Change(const std::string& stage, const std::string& address,
                       const std::function<void(FakeReplica&)>& change) {
  {
    absl::MutexLock lock(&mutex_);
    FakeStage& changed = stages_.at(stage);
    FakeReplica& replica = changed.replicas[address];
    change(replica);
    changed.slots.Add(address);
    changed.slots.Update(address, replica.serving,
                         replica.busy ? 0 : replica.slots);
    if (changed.slots.TakeNotice(clock_.Elapsed())) to_tell_.insert(stage);
  }
  Deliver();
}

bool FakeFleet::Finish(const std::string& execution_id,
                       absl::StatusOr<v1::ExecutionResult> end) {
  const std::vector<OpenCall> ended =
      TakeCalls([&execution_id](const OpenCall& call) {
        return call.execution_id == execution_id;
      });
  for (const OpenCall& call : ended) call.callbacks->on_end(end);
  return !ended.empty();
}

bool FakeFleet::Report(const std::string& execution_id,
                       const v1::Progress& progress) {
  std::vector<std::shared_ptr<ExecutionCallbacks>> told;
  {
    absl::MutexLock lock(&mutex_);
    for (const OpenCall& call : open_) {
      if (call.execution_id == execution_id) told.push_back(call.callbacks);
    }
  }
  for (const auto& callbacks : told) callbacks->on_progress(progress);
  return !told.empty();
}

void FakeFleet::Deliver() {
  const std::vector<OpenCall> lost = TakeCalls([this](const OpenCall& call) {
    mutex_.AssertHeld();
    return IsLostLocked(call);
  });
  for (const OpenCall& call : lost) {
    call.callbacks->on_end(StreamBroke(call.address, "connection refused"));
  }
  std::set<std::string> to_tell;
  std::function<void(const std::string&)> listener;
  {
    absl::MutexLock lock(&mutex_);
    CollectNoticesLocked();
    to_tell.swap(to_tell_);
    listener = listener_;
  }
  if (!listener) return;
  for (const std::string& stage : to_tell) listener(stage);
}

bool FakeFleet::WaitForExecution(const std::string& execution_id,
                                 absl::Duration limit) {
  const absl::Time give_up = absl::Now() + limit;
  const auto something_to_do = [this, &execution_id] {
    mutex_.AssertHeld();
    return !to_tell_.empty() || IsOpenLocked(execution_id);
  };
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithDeadline(absl::Condition(&something_to_do), give_up);
      if (IsOpenLocked(execution_id)) return true;
      if (to_tell_.empty()) return false;
    }
    Deliver();
  }
}

std::vector<std::string> FakeFleet::Running() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> ids;
  for (const OpenCall& call : open_) ids.push_back(call.execution_id);
  return ids;
}

std::vector<FakeExecute> FakeFleet::executes() const {
  absl::MutexLock lock(&mutex_);
  return executes_;
}

std::vector<FakeCancel> FakeFleet::cancels() const {
  absl::MutexLock lock(&mutex_);
  return cancels_;
}

int FakeFleet::SlotsUsed(const std::string& stage) const {
  absl::MutexLock lock(&mutex_);
  const auto found = stages_.find(stage);
  return found == stages_.end() ? 0 : found->second.slots.Totals().used;
}

absl::StatusOr<std::string> FakeFleet::Acquire(absl::string_view stage) {
  absl::MutexLock lock(&mutex_);
  FakeStage* found = FindLocked(stage);
  if (found == nullptr) return NoSuchStageLocked(stage);
  if (const std::string* address = found->slots.Take(clock_.Elapsed())) {
    return *address;
  }
  if (found->slots.HasServing()) return EveryReplicaBusy(stage);
  return NoServingReplica(stage, ReplicasLocked(*found));
}

void FakeFleet::AcquireAt(absl::string_view stage, const std::string& address) {
  absl::MutexLock lock(&mutex_);
  if (FakeStage* found = FindLocked(stage)) found->slots.TakeAt(address);
}

void FakeFleet::Release(absl::string_view stage, const std::string& address,
                        absl::Duration refused_for) {
  absl::MutexLock lock(&mutex_);
  FakeStage* found = FindLocked(stage);
  if (found == nullptr) return;
  const absl::Duration now = clock_.Elapsed();
  found->slots.Release(address, now + refused_for);
  if (found->slots.TakeNotice(now)) to_tell_.insert(std::string(stage));
}

void FakeFleet::Execute(absl::string_view stage, const std::string& address,
                        v1::ExecuteRequest request, ExecutionOptions options,
                        ExecutionCallbacks callbacks) {
  absl::MutexLock lock(&mutex_);
  open_.push_back(
      OpenCall{request.execution_id(), std::string(stage), address,
               std::make_shared<ExecutionCallbacks>(std::move(callbacks))});
  executes_.push_back(FakeExecute{std::string(stage), address,
                                  std::move(request), options.deadline,
                                  std::move(options.trace_parent)});
}

void FakeFleet::Cancel(absl::string_view stage, const std::string& address,
                       v1::CancelRequest request) {
  absl::MutexLock lock(&mutex_);
  cancels_.push_back(
      FakeCancel{std::string(stage), address, std::move(request)});
}

absl::StatusOr<v1::StageDescription> FakeFleet::Describe(
    absl::string_view stage) {
  absl::MutexLock lock(&mutex_);
  const FakeStage* found = FindLocked(stage);
  if (found == nullptr) return NoSuchStageLocked(stage);
  if (found->replicas.empty()) return NoServingReplica(stage, {});
  return found->description;
}

absl::Status FakeFleet::CheckServing(absl::string_view stage) {
  absl::MutexLock lock(&mutex_);
  const FakeStage* found = FindLocked(stage);
  if (found == nullptr) return NoSuchStageLocked(stage);
  if (found->slots.HasServing()) return absl::OkStatus();
  return NoServingReplica(stage, ReplicasLocked(*found));
}

std::vector<v1::StageStatus> FakeFleet::ListStages() {
  absl::MutexLock lock(&mutex_);
  std::vector<v1::StageStatus> all;
  for (const auto& [name, stage] : stages_) {
    v1::StageStatus status;
    status.set_name(name);
    if (!stage.replicas.empty()) {
      *status.mutable_description() = stage.description;
    }
    for (v1::ReplicaStatus& replica : ReplicasLocked(stage)) {
      *status.add_replicas() = std::move(replica);
    }
    all.push_back(std::move(status));
  }
  return all;
}

void FakeFleet::SetCapacityListener(
    std::function<void(const std::string&)> listener) {
  absl::MutexLock lock(&mutex_);
  listener_ = std::move(listener);
}

void FakeFleet::Shutdown() {
  const std::vector<OpenCall> left =
      TakeCalls([](const OpenCall&) { return true; });
  std::thread ending([&left] {
    for (const OpenCall& call : left) {
      call.callbacks->on_end(
          StreamBroke(call.address, "the orchestrator is stopping"));
    }
  });
  ending.join();
}

FakeFleet::FakeStage* FakeFleet::FindLocked(absl::string_view stage) {
  const auto found = stages_.find(stage);
  return found == stages_.end() ? nullptr : &found->second;
}

absl::Status FakeFleet::NoSuchStageLocked(absl::string_view stage) const {
  std::vector<std::string> configured;
  for (const auto& [name, unused] : stages_) configured.push_back(name);
  return NoSuchStage(stage, configured);
}

std::vector<v1::ReplicaStatus> FakeFleet::ReplicasLocked(
    const FakeStage& stage) const {
  std::vector<v1::ReplicaStatus> all;
  for (const auto& [address, replica] : stage.replicas) {
    v1::ReplicaStatus status;
    status.set_address(address);
    status.set_serving(replica.serving);
    status.set_reason(replica.reason);
    status.set_slots(replica.slots);
    if (const ReplicaSlots* slots = stage.slots.Find(address)) {
      status.set_slots_used(slots->used);
    }
    all.push_back(std::move(status));
  }
  return all;
}

bool FakeFleet::IsLostLocked(const OpenCall& call) const {
  const auto stage = stages_.find(call.stage);
  if (stage == stages_.end()) return true;
  const auto replica = stage->second.replicas.find(call.address);
  return replica == stage->second.replicas.end() || !replica->second.reachable;
}

void FakeFleet::CollectNoticesLocked() {
  const absl::Duration now = clock_.Elapsed();
  for (auto& [name, stage] : stages_) {
    if (stage.slots.TakeNotice(now)) to_tell_.insert(name);
  }
}

std::vector<FakeFleet::OpenCall> FakeFleet::TakeCalls(
    const std::function<bool(const OpenCall&)>& wanted) {
  absl::MutexLock lock(&mutex_);
  std::vector<OpenCall> taken;
  std::vector<OpenCall> kept;
  for (OpenCall& call : open_) {
    (wanted(call) ? taken : kept).push_back(std::move(call));
  }
  open_ = std::move(kept);
  return taken;
}

bool FakeFleet::IsOpenLocked(const std::string& execution_id) const {
  return std::any_of(open_.begin(), open_.end(), [&](const OpenCall& call) {
    return call.execution_id == execution_id;
  });
}

}  // namespace stagecoach
