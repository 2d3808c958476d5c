#include "orchestrator/fleet/fleet_metrics.h"

namespace stagecoach {

StageGauges::StageGauges(prometheus::Family<prometheus::Gauge>& replicas,
                         prometheus::Family<prometheus::Gauge>& slots,
                         const std::string& stage)
    : free_(&slots.Add({{"stage", stage}, {"state", "free"}})),
      used_(&slots.Add({{"stage", stage}, {"state", "used"}})) {
  for (const ReplicaState state : kReplicaStates) {
    replicas_[static_cast<size_t>(state)] = &replicas.Add(
        {{"stage", stage}, {"state", std::string(ReplicaStateName(state))}});
  }
}

void StageGauges::CountReplicas(ReplicaState state, int change) {
  replicas_[static_cast<size_t>(state)]->Increment(change);
}

void StageGauges::SetSlots(const SlotTotals& totals) {
  free_->Set(totals.free);
  used_->Set(totals.used);
}

FleetMetrics::FleetMetrics(prometheus::Registry& registry)
    : replicas_(prometheus::BuildGauge()
                    .Name("stagecoach_fleet_replicas")
                    .Help("Replicas of a stage by state.")
                    .Register(registry)),
      slots_(prometheus::BuildGauge()
                 .Name("stagecoach_fleet_slots")
                 .Help("Slots of a stage: free ones of serving replicas, and "
                       "those used by this orchestrator's executions.")
                 .Register(registry)) {}

StageGauges FleetMetrics::ForStage(const std::string& stage) {
  return StageGauges(replicas_, slots_, stage);
}

}  // namespace stagecoach
