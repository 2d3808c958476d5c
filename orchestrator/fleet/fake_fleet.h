// A fleet for tests, with memory: it records what it is asked to do, and the
// test ends executions and moves replicas by hand.
//
//   FakeFleet fleet(clock);
//   fleet.AddStage(TrainDescription());
//   fleet.AddReplica("train", "train-0:50051", /*slots=*/1);
//   … the engine acquires a slot and executes "r1/train/1" …
//   fleet.Report("r1/train/1", HalfWay());
//   fleet.Finish("r1/train/1", SomeResult());
//
// Callbacks run within the methods under "The test's side" only, on the
// caller's thread, never within a method of Fleet; Shutdown, which has to end
// them itself, runs them on a thread of its own and joins it.
//
// Threads: every method may be called from any thread; the test's side from
// one at a time.

#ifndef ORCHESTRATOR_FLEET_FAKE_FLEET_H_
#define ORCHESTRATOR_FLEET_FAKE_FLEET_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/fleet/fleet.h"
#include "orchestrator/fleet/slots.h"
#include "services/common/base/clock.h"

namespace stagecoach {

// One call of Execute, as it was made.
struct FakeExecute {
  std::string stage;
  std::string address;
  v1::ExecuteRequest request;
  absl::Duration deadline;
  std::string trace_parent;
};

// One call of Cancel, as it was made.
struct FakeCancel {
  std::string stage;
  std::string address;
  v1::CancelRequest request;
};

class FakeFleet final : public Fleet {
 public:
  // `clock` says when a refusal ends; it must outlive the fleet.
  explicit FakeFleet(const Clock& clock) : clock_(clock) {}

  // --- The test's side: replicas --------------------------------------------

  // Configures a stage by its description's name, as yet without replicas.
  void AddStage(v1::StageDescription description);

  // Adds a serving replica of a configured stage, or brings one back.
  void AddReplica(const std::string& stage, const std::string& address,
                  int slots);

  // The replica stays and stops serving, e.g. because it drains: its
  // executions go on.
  void StopServing(const std::string& stage, const std::string& address,
                   const std::string& reason);

  // The replica dies: its executions end with UNAVAILABLE, and so does every
  // later one until AddReplica.
  void Vanish(const std::string& stage, const std::string& address);

  // Whether others keep every slot of the replica busy.
  void SetBusy(const std::string& stage, const std::string& address, bool busy);

  // --- The test's side: executions ------------------------------------------

  // Ends every open call for `execution_id`. False if there is none.
  bool Finish(const std::string& execution_id,
              absl::StatusOr<v1::ExecutionResult> end);

  // Reports progress to every open call for `execution_id`. False if there is
  // none.
  bool Report(const std::string& execution_id, const v1::Progress& progress);

  // Tells what has come up since: capacity given back by Release or by a
  // refusal that has ended, and calls to replicas that are not there.
  void Deliver();

  // Waits, delivering, until a call for `execution_id` is open; for an engine
  // with its own thread. False after `limit` of real time.
  bool WaitForExecution(const std::string& execution_id, absl::Duration limit);

  // Ids of the open calls in the order in which they were made.
  std::vector<std::string> Running() const;

  // Every call that was made, first to last.
  std::vector<FakeExecute> executes() const;
  std::vector<FakeCancel> cancels() const;

  // Slots taken and not given back, over all replicas of `stage`.
  int SlotsUsed(const std::string& stage) const;

  // --- Fleet ----------------------------------------------------------------

  absl::StatusOr<std::string> Acquire(absl::string_view stage) override;
  void AcquireAt(absl::string_view stage, const std::string& address) override;
  void Release(absl::string_view stage, const std::string& address,
               absl::Duration refused_for) override;
  void Execute(absl::string_view stage, const std::string& address,
               v1::ExecuteRequest request, ExecutionOptions options,
               ExecutionCallbacks callbacks) override;
  void Cancel(absl::string_view stage, const std::string& address,
              v1::CancelRequest request) override;
  absl::StatusOr<v1::StageDescription> Describe(
      absl::string_view stage) override;
  absl::Status CheckServing(absl::string_view stage) override;
  std::vector<v1::StageStatus> ListStages() override;
  void SetCapacityListener(
      std::function<void(const std::string&)> listener) override;
  void Shutdown() override;

 private:
  struct FakeReplica {
    int slots = 0;
    bool reachable = true;
    bool serving = true;
    bool busy = false;
    std::string reason;  // why not serving
  };
  struct FakeStage {
    v1::StageDescription description;
    std::map<std::string, FakeReplica> replicas;  // by address
    StageSlots slots;
  };
  // An execution that has not ended.
  struct OpenCall {
    std::string execution_id;
    std::string stage;
    std::string address;
    std::shared_ptr<ExecutionCallbacks> callbacks;
  };
  using Stages = std::map<std::string, FakeStage, std::less<>>;

  // Changes a replica, and tells of what that brings about.
  void Change(const std::string& stage, const std::string& address,
              const std::function<void(FakeReplica&)>& change)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Null if no such stage is configured.
  FakeStage* FindLocked(absl::string_view stage)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status NoSuchStageLocked(absl::string_view stage) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<v1::ReplicaStatus> ReplicasLocked(const FakeStage& stage) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsLostLocked(const OpenCall& call) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CollectNoticesLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes the open calls for which `wanted` holds out of the list.
  std::vector<OpenCall> TakeCalls(
      const std::function<bool(const OpenCall&)>& wanted)
      ABSL_LOCKS_EXCLUDED(mutex_);
  bool IsOpenLocked(const std::string& execution_id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;

  mutable absl::Mutex mutex_;
  Stages stages_ ABSL_GUARDED_BY(mutex_);
  std::vector<OpenCall> open_ ABSL_GUARDED_BY(mutex_);
  std::vector<FakeExecute> executes_ ABSL_GUARDED_BY(mutex_);
  std::vector<FakeCancel> cancels_ ABSL_GUARDED_BY(mutex_);
  // Stages whose listener is to be called by Deliver.
  std::set<std::string> to_tell_ ABSL_GUARDED_BY(mutex_);
  std::function<void(const std::string&)> listener_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_FAKE_FLEET_H_
