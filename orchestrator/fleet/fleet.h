// The replicas of every stage, as the engine sees them: who has a free slot,
// and how to run an execution there.

#ifndef ORCHESTRATOR_FLEET_FLEET_H_
#define ORCHESTRATOR_FLEET_FLEET_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// What an execution's caller is told. Called from the fleet's threads, one
// call at a time for one execution; must not block.
struct ExecutionCallbacks {
  // Any number of times, before `on_end`.
  std::function<void(const v1::Progress&)> on_progress;
  // Exactly once, last. UNAVAILABLE: the stream broke or never stood; the
  // execution may still be going on there.
  std::function<void(absl::StatusOr<v1::ExecutionResult>)> on_end;
};

struct ExecutionOptions {
  // Bounds the call.
  absl::Duration deadline;
  // The `traceparent` that goes with it; empty: none.
  std::string trace_parent = {};
};

// Threads: every method may be called from any thread and returns at once.
// No callback is called from within a method of the fleet.
class Fleet {
 public:
  virtual ~Fleet() = default;

  // Takes a slot of the least busy serving replica of `stage` and returns the
  // replica's address, `host:port`. Each success needs one Release.
  //   NOT_FOUND           no such stage is configured.
  //   UNAVAILABLE         no replica is serving; the message says why, each.
  //   RESOURCE_EXHAUSTED  every serving replica is busy.
  virtual absl::StatusOr<std::string> Acquire(absl::string_view stage) = 0;

  // Takes a slot of one replica even if it has none free or is not known yet:
  // for an execution that is already there. Needs one Release.
  virtual void AcquireAt(absl::string_view stage,
                         const std::string& address) = 0;

  // Gives a slot back. `refused_for` > 0: the replica said that it is full;
  // it is given nothing for that long.
  virtual void Release(absl::string_view stage, const std::string& address,
                       absl::Duration refused_for) = 0;

  // Runs or joins an execution on a replica.
  virtual void Execute(absl::string_view stage, const std::string& address,
                       v1::ExecuteRequest request, ExecutionOptions options,
                       ExecutionCallbacks callbacks) = 0;

  // Between the two, what Execute is given may wait, to be sent together: less
  // for each. By the thread that calls Execute; in pairs.
  virtual void HoldExecutions() {}
  virtual void SendExecutions() {}

  // Asks a replica to stop an execution; best effort, with a deadline of its
  // own. The end is told by Execute's `on_end`.
  virtual void Cancel(absl::string_view stage, const std::string& address,
                      v1::CancelRequest request) = 0;

  // What `stage` last said of itself. NOT_FOUND: no such stage is configured;
  // UNAVAILABLE: no replica has answered yet, with the reason of each.
  virtual absl::StatusOr<v1::StageDescription> Describe(
      absl::string_view stage) = 0;

  // OK if at least one replica of `stage` is serving; otherwise as Acquire.
  virtual absl::Status CheckServing(absl::string_view stage) = 0;

  // Every configured stage, by name; `steps_waiting` is left at 0.
  virtual std::vector<v1::StageStatus> ListStages() = 0;

  // `listener(stage)` is called whenever `stage` may have a free slot that it
  // had not before: once after an Acquire that failed, so take slots until one
  // fails again. Set once, before any other call; it must not block.
  virtual void SetCapacityListener(
      std::function<void(const std::string&)> listener) = 0;

  // Leaves every execution to its replica (they are not cancelled), ends their
  // callbacks with UNAVAILABLE and waits until none is running.
  virtual void Shutdown() = 0;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_FLEET_H_
