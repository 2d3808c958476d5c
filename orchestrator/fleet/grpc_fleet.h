// The fleet of a running orchestrator: stages that are gRPC services.

#ifndef ORCHESTRATOR_FLEET_GRPC_FLEET_H_
#define ORCHESTRATOR_FLEET_GRPC_FLEET_H_

#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "orchestrator/fleet/execution_calls.h"
#include "orchestrator/fleet/fleet.h"
#include "orchestrator/fleet/fleet_metrics.h"
#include "orchestrator/fleet/fleet_runtime.h"
#include "orchestrator/fleet/stage_addresses.h"
#include "orchestrator/fleet/stage_replicas.h"
#include "services/common/base/clock.h"
#include "services/common/base/timer_queue.h"

namespace stagecoach {

// Keeps one channel to each replica, follows its health, and looks DNS names up
// again and again, so replicas come and go without a restart.
//
//   GrpcFleet fleet(addresses, options, clock, timers, registry);
//   fleet.SetCapacityListener(…);
//   fleet.Start();
//   …
//   fleet.Shutdown();
//
// Threads:   as Fleet. Callbacks come from threads of gRPC and of `timers`.
// Ownership: `clock`, `timers` and `registry` must outlive it; `timers` runs
//            until after Shutdown.
class GrpcFleet final : public Fleet {
 public:
  // `stages` as ParseAllStageAddresses returns them: no name twice.
  GrpcFleet(const std::vector<StageAddresses>& stages, GrpcFleetOptions options,
            Clock& clock, TimerQueue& timers, prometheus::Registry& registry);
  // As Shutdown.
  ~GrpcFleet() override;

  // Begins to look for replicas; once, after SetCapacityListener.
  void Start();

  // Waits, at most `limit`, until of every replica it is known whether it
  // serves, so that the first run is not refused by a fleet that has only just
  // begun to look. After Start.
  void AwaitContact(absl::Duration limit) const;

  absl::StatusOr<std::string> Acquire(absl::string_view stage) override;
  void AcquireAt(absl::string_view stage, const std::string& address) override;
  void Release(absl::string_view stage, const std::string& address,
               absl::Duration refused_for) override;
  void Execute(absl::string_view stage, const std::string& address,
               v1::ExecuteRequest request, ExecutionOptions options,
               ExecutionCallbacks callbacks) override;
  void HoldExecutions() override { calls_.Hold(); }
  void SendExecutions() override { calls_.Send(); }
  void Cancel(absl::string_view stage, const std::string& address,
              v1::CancelRequest request) override;
  absl::StatusOr<v1::StageDescription> Describe(
      absl::string_view stage) override;
  absl::Status CheckServing(absl::string_view stage) override;
  std::vector<v1::StageStatus> ListStages() override;
  void SetCapacityListener(
      std::function<void(const std::string&)> listener) override;
  // Safe to repeat.
  void Shutdown() override;

 private:
  // Null if no such stage is configured.
  StageReplicas* Find(absl::string_view stage) const;
  absl::Status NotConfigured(absl::string_view stage) const;
  // Tells of an end that no call leads to.
  void PostEnd(ExecutionCallbacks callbacks, absl::Status end);

  const std::shared_ptr<FleetRuntime> runtime_;
  FleetMetrics metrics_;
  ExecutionCalls calls_;
  // Constant after construction.
  absl::flat_hash_map<std::string, std::shared_ptr<StageReplicas>> stages_;
  std::vector<std::string> names_;  // sorted
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_GRPC_FLEET_H_
