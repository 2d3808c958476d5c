// What the fleet exports:
//
//   stagecoach_fleet_replicas{stage,state}  replicas by state: connecting,
//                                           serving, not_serving, unreachable
//   stagecoach_fleet_slots{stage,state}     free: of serving replicas;
//                                           used: executions that are anywhere

#ifndef ORCHESTRATOR_FLEET_FLEET_METRICS_H_
#define ORCHESTRATOR_FLEET_FLEET_METRICS_H_

#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <array>
#include <string>

#include "orchestrator/fleet/replica_condition.h"
#include "orchestrator/fleet/slots.h"

namespace stagecoach {

// The gauges of one stage, looked up once. Threads: any.
class StageGauges {
 public:
  StageGauges(prometheus::Family<prometheus::Gauge>& replicas,
              prometheus::Family<prometheus::Gauge>& slots,
              const std::string& stage);

  // Counts `change` more replicas in `state`.
  void CountReplicas(ReplicaState state, int change);
  void SetSlots(const SlotTotals& totals);

 private:
  std::array<prometheus::Gauge*, std::size(kReplicaStates)> replicas_;
  prometheus::Gauge* free_;
  prometheus::Gauge* used_;
};

// Threads:   any.
// Ownership: `registry` must outlive it.
class FleetMetrics {
 public:
  explicit FleetMetrics(prometheus::Registry& registry);

  StageGauges ForStage(const std::string& stage);

 private:
  prometheus::Family<prometheus::Gauge>& replicas_;
  prometheus::Family<prometheus::Gauge>& slots_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_FLEET_METRICS_H_
