#include "services/common/stagekit/execution_registry.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

ExecutionRegistry::ExecutionRegistry(ExecutionRegistryOptions options)
    : options_(options), leases_(options.lease_capacity) {}

absl::StatusOr<ExecutionRegistry::Admission> ExecutionRegistry::Admit(
    const ExecutionId& id, int64_t lease_epoch) {
  absl::MutexLock lock(&mutex_);
  SC_RETURN_IF_ERROR(leases_.Check(id.run, lease_epoch));
  const auto found = executions_.find(FormatExecutionId(id));
  if (found != executions_.end()) {
    return Admission{found->second, /*started=*/false};
  }
  if (!admitting_) {
    return absl::UnavailableError(
        "the replica is stopping and starts nothing new");
  }
  if (running_ >= options_.slots) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no free slot: ", running_, " of ", options_.slots,
                     " are taken; try another replica, or later"));
  }
  auto execution = std::make_shared<Execution>(id);
  executions_[execution->name()] = execution;
  ++running_;
  return Admission{std::move(execution), /*started=*/true};
}

absl::StatusOr<std::shared_ptr<Execution>> ExecutionRegistry::Find(
    const ExecutionId& id, int64_t lease_epoch) {
  absl::MutexLock lock(&mutex_);
  SC_RETURN_IF_ERROR(leases_.Check(id.run, lease_epoch));
  const auto found = executions_.find(FormatExecutionId(id));
  return found == executions_.end() ? nullptr : found->second;
}

void ExecutionRegistry::End(const std::shared_ptr<Execution>& execution,
                            ExecutionEnd end) {
  {
    absl::MutexLock lock(&mutex_);
    --running_;
    RememberEndedLocked(execution->name());
  }
  execution->End(std::move(end));
}

void ExecutionRegistry::RememberEndedLocked(const std::string& name) {
  ended_.push_back(name);
  if (ended_.size() <= options_.ended_capacity) return;
  executions_.erase(ended_.front());
  ended_.pop_front();
}

void ExecutionRegistry::StopAdmitting() {
  absl::MutexLock lock(&mutex_);
  admitting_ = false;
}

void ExecutionRegistry::StopRunning() {
  std::vector<std::shared_ptr<Execution>> executions;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [name, execution] : executions_) {
      executions.push_back(execution);
    }
  }
  for (const auto& execution : executions) {
    execution->RequestStop(absl::UnavailableError(
        absl::StrCat("execution ", execution->name(),
                     " was given back because its replica is stopping")));
  }
}

bool ExecutionRegistry::AwaitIdle(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(
      absl::Condition(this, &ExecutionRegistry::IdleLocked), timeout);
}

int ExecutionRegistry::running() const {
  absl::MutexLock lock(&mutex_);
  return running_;
}

}  // namespace stagecoach
