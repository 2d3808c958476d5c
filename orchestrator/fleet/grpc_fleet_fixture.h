// A GrpcFleet over scripted stages, for the tests of it.

#ifndef ORCHESTRATOR_FLEET_GRPC_FLEET_FIXTURE_H_
#define ORCHESTRATOR_FLEET_GRPC_FLEET_FIXTURE_H_

#include <prometheus/registry.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/fleet/grpc_fleet.h"
#include "orchestrator/fleet/scripted_stage.h"
#include "orchestrator/fleet/stage_addresses.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {

// Waits are for events, and end after a minute: longer than the slowest machine
// needs.
class GrpcFleetTest : public testing::Test {
 protected:
  static constexpr absl::Duration kLimit = absl::Minutes(1);

  // An execution's end, and the fractions that it reported.
  struct Outcome {
    absl::StatusOr<v1::ExecutionResult> end = absl::UnknownError("none yet");
    std::vector<double> fractions;
    int ends = 0;
  };

  // What DNS names stand for. Look-ups share it: nobody waits for one, so that
  // it may end after the test.
  struct Found {
    absl::Mutex mutex;
    std::string address ABSL_GUARDED_BY(mutex);
  };

  GrpcFleetTest() : timers_(Clock::Real()) {
    options_.changed_for_test = [this] { Tell(); };
  }
  ~GrpcFleetTest() override {
    if (fleet_ != nullptr) fleet_->Shutdown();
  }

  // Makes and starts the fleet; each text as the flag --stage takes it.
  void StartFleet(const std::vector<std::string>& stages) {
    const auto addresses = ParseAllStageAddresses(stages);
    ASSERT_OK(addresses);
    fleet_ = std::make_unique<GrpcFleet>(*addresses, options_, Clock::Real(),
                                         timers_, registry_);
    fleet_->SetCapacityListener([this](const std::string& stage) {
      absl::MutexLock lock(&mutex_);
      notices_.push_back(stage);
    });
    fleet_->Start();
  }

  // Has DNS names stand for what SetFound says; before StartFleet.
  void FindNames() {
    options_.dns.refresh = absl::Milliseconds(5);
    options_.lookup =
        [found = found_](
            const HostPort&) -> absl::StatusOr<std::vector<std::string>> {
      absl::MutexLock lock(&found->mutex);
      return std::vector<std::string>{found->address};
    };
  }
  void SetFound(const std::string& address) {
    absl::MutexLock lock(&found_->mutex);
    found_->address = address;
  }

  // Waits until the condition holds; looks when something has changed.
  bool Await(const std::function<bool()>& condition) {
    const absl::Time limit = absl::Now() + kLimit;
    while (absl::Now() < limit) {
      int seen = 0;
      {
        absl::MutexLock lock(&mutex_);
        seen = changes_;
      }
      if (condition()) return true;
      const auto changed = [this, seen] {
        mutex_.AssertHeld();
        return changes_ != seen;
      };
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithDeadline(absl::Condition(&changed), limit);
    }
    return false;
  }

  // What the fleet says of a replica; nothing said if it is not known.
  v1::ReplicaStatus Replica(const std::string& address) {
    for (const v1::StageStatus& stage : fleet_->ListStages()) {
      for (const v1::ReplicaStatus& replica : stage.replicas()) {
        if (replica.address() == address) return replica;
      }
    }
    return v1::ReplicaStatus();
  }
  bool AwaitServing(const std::string& address) {
    return Await([&] { return Replica(address).serving(); });
  }
  bool AwaitReason(const std::string& address, const std::string& part) {
    return Await([&] {
      const v1::ReplicaStatus replica = Replica(address);
      return !replica.serving() &&
             replica.reason().find(part) != std::string::npos;
    });
  }
  bool AwaitKnown(const std::string& address, bool known) {
    return Await(
        [&] { return (Replica(address).address() == address) == known; });
  }

  // Waits until there have been `count` notices of capacity.
  bool AwaitNotices(size_t count) {
    const auto reached = [this, count] {
      mutex_.AssertHeld();
      return notices_.size() >= count;
    };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&reached), kLimit);
  }
  size_t notices() {
    absl::MutexLock lock(&mutex_);
    return notices_.size();
  }

  // Executes on a replica; the outcome is filled in when it comes.
  void Execute(const std::string& stage, const std::string& address,
               const std::string& execution_id,
               absl::Duration deadline = kLimit) {
    v1::ExecuteRequest request;
    request.set_execution_id(execution_id);
    Execute(stage, address, std::move(request), deadline);
  }
  void Execute(const std::string& stage, const std::string& address,
               v1::ExecuteRequest request, absl::Duration deadline = kLimit) {
    fleet_->Execute(stage, address, std::move(request), {.deadline = deadline},
                    {[this](const v1::Progress& progress) {
                       absl::MutexLock lock(&mutex_);
                       outcome_.fractions.push_back(progress.fraction());
                     },
                     [this](absl::StatusOr<v1::ExecutionResult> end) {
                       absl::MutexLock lock(&mutex_);
                       outcome_.end = std::move(end);
                       ++outcome_.ends;
                     }});
  }
  Outcome AwaitEnd() {
    const auto ended = [this] {
      mutex_.AssertHeld();
      return outcome_.ends > 0;
    };
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&ended), kLimit);
    return outcome_;
  }
  Outcome outcome() {
    absl::MutexLock lock(&mutex_);
    return outcome_;
  }
  // Makes room for the outcome of another execution.
  void Forget() {
    absl::MutexLock lock(&mutex_);
    outcome_ = Outcome();
  }

  // The address of a server that is not there any more.
  static std::string ClosedAddress() {
    ScriptedStage closed("train", 1);
    EXPECT_OK(closed.Start());
    return closed.address();
  }

  void Tell() {
    absl::MutexLock lock(&mutex_);
    ++changes_;
  }

  absl::Mutex mutex_;
  int changes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> notices_ ABSL_GUARDED_BY(mutex_);
  Outcome outcome_ ABSL_GUARDED_BY(mutex_);

  const std::shared_ptr<Found> found_ = std::make_shared<Found>();
  prometheus::Registry registry_;
  TimerQueue timers_;
  GrpcFleetOptions options_;
  std::unique_ptr<GrpcFleet> fleet_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_GRPC_FLEET_FIXTURE_H_
