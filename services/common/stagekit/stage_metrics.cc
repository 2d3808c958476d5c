#include "services/common/stagekit/stage_metrics.h"

#include "services/common/base/metrics.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr const char* kOutcomeNames[kExecutionOutcomes] = {
    "ok", "failed", "cancelled", "deadline", "lost"};
constexpr const char* kReasonNames[kRejectReasons] = {
    "full", "draining", "bad_request", "stale_lease"};
constexpr const char* kPhaseNames[kPhases] = {"queue", "read", "compute",
                                              "write"};

prometheus::Gauge& AddGauge(const char* name, const char* help,
                            const std::string& stage,
                            prometheus::Registry& registry) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
      {{"stage", stage}});
}

double Seconds(const google::protobuf::Duration& duration) {
  return absl::ToDoubleSeconds(FromProtoDuration(duration));
}

}  // namespace

ExecutionOutcome OutcomeOf(const absl::Status& end) {
  switch (end.code()) {
    case absl::StatusCode::kOk:
      return ExecutionOutcome::kOk;
    case absl::StatusCode::kCancelled:
      return ExecutionOutcome::kCancelled;
    case absl::StatusCode::kDeadlineExceeded:
      return ExecutionOutcome::kDeadline;
    case absl::StatusCode::kUnavailable:
      return ExecutionOutcome::kLost;
    default:
      return ExecutionOutcome::kFailed;
  }
}

StageMetrics::StageMetrics(const std::string& stage, int slots,
                           prometheus::Registry& registry)
    : slots_(slots),
      running_gauge_(AddGauge("stagecoach_stage_executions_running",
                              "Executions that run now.", stage, registry)),
      load_(AddGauge("stagecoach_stage_load",
                     "Running executions as a part of the slots.", stage,
                     registry)),
      ready_(AddGauge("stagecoach_stage_ready",
                      "Whether the replica may be given work.", stage,
                      registry)),
      draining_(AddGauge("stagecoach_stage_draining",
                         "Whether the replica is stopping.", stage, registry)) {
  AddGauge("stagecoach_stage_slots", "Executions that can run at once.", stage,
           registry)
      .Set(slots);
  auto& outcomes = prometheus::BuildCounter()
                       .Name("stagecoach_stage_executions_total")
                       .Help("Executions that have ended.")
                       .Register(registry);
  for (size_t i = 0; i < kExecutionOutcomes; ++i) {
    outcomes_[i] =
        &outcomes.Add({{"stage", stage}, {"outcome", kOutcomeNames[i]}});
  }
  auto& wall_seconds = prometheus::BuildHistogram()
                           .Name("stagecoach_stage_execution_wall_seconds")
                           .Help("Time of executions, by outcome.")
                           .Register(registry);
  for (size_t i = 0; i < kExecutionOutcomes; ++i) {
    wall_seconds_[i] =
        &wall_seconds.Add({{"stage", stage}, {"outcome", kOutcomeNames[i]}},
                          CallSecondsBuckets());
  }
  auto& rejected = prometheus::BuildCounter()
                       .Name("stagecoach_stage_rejected_total")
                       .Help("Calls refused before anything ran.")
                       .Register(registry);
  for (size_t i = 0; i < kRejectReasons; ++i) {
    rejected_[i] =
        &rejected.Add({{"stage", stage}, {"reason", kReasonNames[i]}});
  }
  auto& seconds = prometheus::BuildHistogram()
                      .Name("stagecoach_stage_execution_seconds")
                      .Help("Where the time of executions went.")
                      .Register(registry);
  for (size_t i = 0; i < kPhases; ++i) {
    seconds_[i] = &seconds.Add({{"stage", stage}, {"phase", kPhaseNames[i]}},
                               CallSecondsBuckets());
  }
}

void StageMetrics::Started() {
  absl::MutexLock lock(&mutex_);
  ++running_;
  ShowRunningLocked();
}

void StageMetrics::Ended(const absl::Status& end, const v1::PhaseTimes& times) {
  const auto outcome = static_cast<size_t>(OutcomeOf(end));
  outcomes_[outcome]->Increment();
  double wall = 0;
  const auto observe = [&](Phase phase,
                           const google::protobuf::Duration& duration) {
    seconds_[static_cast<size_t>(phase)]->Observe(Seconds(duration));
    wall += Seconds(duration);
  };
  observe(Phase::kQueue, times.queue());
  observe(Phase::kRead, times.read());
  observe(Phase::kCompute, times.compute());
  observe(Phase::kWrite, times.write());
  wall_seconds_[outcome]->Observe(wall);
  absl::MutexLock lock(&mutex_);
  --running_;
  ShowRunningLocked();
}

void StageMetrics::ShowRunningLocked() {
  running_gauge_.Set(running_);
  load_.Set(static_cast<double>(running_) / slots_);
}

void StageMetrics::Rejected(RejectReason reason) {
  rejected_[static_cast<size_t>(reason)]->Increment();
}

void StageMetrics::SetReady(bool ready) { ready_.Set(ready ? 1 : 0); }

void StageMetrics::SetDraining() { draining_.Set(1); }

}  // namespace stagecoach
