// The executions of a replica by id: those that run, each in a slot, and the
// last ones that have ended, kept for callers that ask again.

#ifndef SERVICES_COMMON_STAGEKIT_EXECUTION_REGISTRY_H_
#define SERVICES_COMMON_STAGEKIT_EXECUTION_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/contract/execution_id.h"
#include "services/common/stagekit/execution.h"
#include "services/common/stagekit/lease_epochs.h"

namespace stagecoach {

struct ExecutionRegistryOptions {
  // Executions at once, >= 1.
  int slots = 1;
  // Ended executions that are remembered, >= 0.
  size_t ended_capacity = 1024;
  // Runs whose lease epoch is remembered, >= 1.
  size_t lease_capacity = 10'000;
};

// Threads: every method may be called from any thread.
class ExecutionRegistry {
 public:
  struct Admission {
    std::shared_ptr<Execution> execution;
    // Whether this call took a slot for it: the caller is to do it, and to call
    // End. Otherwise it runs already or has ended.
    bool started = false;
  };

  explicit ExecutionRegistry(ExecutionRegistryOptions options);

  // Finds the execution or starts it.
  //   ABORTED             the lease epoch is older than one seen for the run.
  //   UNAVAILABLE         it is not known and StopAdmitting was called.
  //   RESOURCE_EXHAUSTED  it is not known and no slot is free.
  absl::StatusOr<Admission> Admit(const ExecutionId& id, int64_t lease_epoch)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // The execution, null if it is not known. ABORTED as above.
  absl::StatusOr<std::shared_ptr<Execution>> Find(const ExecutionId& id,
                                                  int64_t lease_epoch)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Frees the slot, then ends the execution, so that a caller who hears of the
  // end finds the slot free.
  void End(const std::shared_ptr<Execution>& execution, ExecutionEnd end)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // From now on nothing is started any more.
  void StopAdmitting() ABSL_LOCKS_EXCLUDED(mutex_);

  // Asks every running execution to stop and end as UNAVAILABLE.
  void StopRunning() ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until no slot is taken; false if that takes longer than `timeout`.
  bool AwaitIdle(absl::Duration timeout) ABSL_LOCKS_EXCLUDED(mutex_);

  int running() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool IdleLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return running_ == 0;
  }
  void RememberEndedLocked(const std::string& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ExecutionRegistryOptions options_;

  mutable absl::Mutex mutex_;
  LeaseEpochs leases_ ABSL_GUARDED_BY(mutex_);
  // Running and ended, by name.
  std::unordered_map<std::string, std::shared_ptr<Execution>> executions_
      ABSL_GUARDED_BY(mutex_);
  // Names of the ended ones, oldest first.
  std::deque<std::string> ended_ ABSL_GUARDED_BY(mutex_);
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool admitting_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_EXECUTION_REGISTRY_H_
