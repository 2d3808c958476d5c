// What every stage exports.

#ifndef SERVICES_COMMON_STAGEKIT_STAGE_METRICS_H_
#define SERVICES_COMMON_STAGEKIT_STAGE_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "services/common/stagekit/phase_clock.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// Why a call was refused before anything ran: values of the label `reason`.
enum class RejectReason { kFull, kDraining, kBadRequest, kStaleLease };
inline constexpr size_t kRejectReasons = 4;

// How an execution ended: values of the label `outcome`.
enum class ExecutionOutcome { kOk, kFailed, kCancelled, kDeadline, kLost };
inline constexpr size_t kExecutionOutcomes = 5;

ExecutionOutcome OutcomeOf(const absl::Status& end);

// All have the label `stage`:
//   stagecoach_stage_slots, _executions_running: gauges.
//   stagecoach_stage_load: running / slots, for autoscaling.
//   stagecoach_stage_executions_total{outcome=ok|failed|cancelled|deadline|
//     lost}
//   stagecoach_stage_execution_seconds{phase=queue|read|compute|write}:
//     histogram over executions that were started, however they ended.
//   stagecoach_stage_execution_wall_seconds{outcome}: histogram of the same,
//   all
//     phases together.
//   stagecoach_stage_rejected_total{reason=full|draining|bad_request|
//     stale_lease}
//   stagecoach_stage_ready, _draining: 0 or 1.
//
// Threads: every method may be called from any thread. `registry` must outlive
//          it.
class StageMetrics {
 public:
  StageMetrics(const std::string& stage, int slots,
               prometheus::Registry& registry);

  void Started() ABSL_LOCKS_EXCLUDED(mutex_);
  void Ended(const absl::Status& end, const v1::PhaseTimes& times)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Rejected(RejectReason reason);
  void SetReady(bool ready);
  void SetDraining();

 private:
  void ShowRunningLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int slots_;
  prometheus::Gauge& running_gauge_;
  prometheus::Gauge& load_;
  prometheus::Gauge& ready_;
  prometheus::Gauge& draining_;
  std::array<prometheus::Counter*, kExecutionOutcomes> outcomes_;
  std::array<prometheus::Counter*, kRejectReasons> rejected_;
  std::array<prometheus::Histogram*, kPhases> seconds_;
  std::array<prometheus::Histogram*, kExecutionOutcomes> wall_seconds_;

  absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_STAGE_METRICS_H_
