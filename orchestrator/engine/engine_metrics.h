// What the engine exports.

#ifndef ORCHESTRATOR_ENGINE_ENGINE_METRICS_H_
#define ORCHESTRATOR_ENGINE_ENGINE_METRICS_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Labels come from closed sets only: names of applied pipelines, of configured
// stages, states, outcomes and status codes.
//
//   stagecoach_runs{pipeline,state=pending|running|stopping|paused}: runs that
//     have not ended.
//   stagecoach_runs_total{pipeline,outcome=succeeded|failed|cancelled}
//   stagecoach_run_seconds{pipeline,outcome}: from creation to end.
//   stagecoach_run_overhead_seconds{pipeline}: that of runs that succeeded,
//     without reading, computing and writing in the stages.
//   stagecoach_run_last_success_timestamp_seconds{pipeline}
//   stagecoach_step_attempts_total{stage,outcome=succeeded|failed|lost|
//     cancelled,code}
//   stagecoach_step_seconds{stage,phase=wait|dispatch|queue|read|compute|write}:
//     of attempts that succeeded; `wait` is for a free slot.
//   stagecoach_cache_lookups_total{stage,result}
//   stagecoach_steps_waiting{stage}: for a free slot.
//   stagecoach_steps_oldest_wait_timestamp_seconds{stage}: since when the one
//     waits that has waited longest; 0 if none does.
//   stagecoach_store_commit_seconds, _committed_transitions_total,
//     _commit_failures_total
//   stagecoach_idempotent_replays_total
//   stagecoach_recovery_seconds, _recovered_runs_total
//
// Threads:   one at a time: the engine's, once it has started.
// Ownership: the registry must outlive this.
class EngineMetrics {
 public:
  explicit EngineMetrics(prometheus::Registry& registry);

  // Show what is counted of a pipeline, of a stage, before anything has
  // happened: at 0. Its first run does it too.
  void AddPipeline(const std::string& pipeline) { Pipeline(pipeline); }
  void AddStage(const std::string& stage) { Stage(stage); }

  // A run that has not ended is in the state that it says, from now on.
  void RunActive(const v1::Run& run);
  // A run is no longer among those that have not ended. Safe to repeat.
  void RunGone(absl::string_view run_id);
  // A run has ended.
  void RunEnded(const v1::Run& run);
  // So many runs that had not ended were read back at the start.
  void Recovered(absl::Duration duration, size_t runs);
  // The last attempt of a step has ended.
  void AttemptEnded(const v1::Run& run, int step);
  // The look-up of a step's result has ended.
  void CacheLookedUp(const v1::Step& step);
  // So many steps now wait for a slot of `stage`, the oldest since `oldest`.
  void StepsWaiting(const std::string& stage, int waiting,
                    std::optional<absl::Time> oldest);
  // A commit of so many runs' transitions has taken so long.
  void Committed(absl::Duration duration, size_t runs);
  // A transition could not be written and will be tried again.
  void CommitFailed() { commits_failed_.Increment(); }
  // A request was answered with the run that its idempotency key had made.
  void IdempotentReplay() { idempotent_replays_.Increment(); }

 private:
  static constexpr int kPhases = 6;

  // What has labels, found without making them.
  struct OfPipeline {
    prometheus::Histogram* overhead_seconds = nullptr;
    prometheus::Gauge* last_success = nullptr;  // null until there is one
    // By state: of those that have not ended, or of those that have.
    std::array<prometheus::Gauge*, v1::RunState_ARRAYSIZE> active = {};
    std::array<prometheus::Counter*, v1::RunState_ARRAYSIZE> runs = {};
    std::array<prometheus::Histogram*, v1::RunState_ARRAYSIZE> run_seconds = {};
  };
  struct OfStage {
    prometheus::Gauge* waiting = nullptr;
    prometheus::Gauge* oldest_wait = nullptr;
    // By state and code; null until it is first used.
    std::array<std::array<prometheus::Counter*, v1::ErrorCode_ARRAYSIZE>,
               v1::AttemptState_ARRAYSIZE>
        attempts = {};
    std::array<prometheus::Histogram*, kPhases> phase_seconds = {};
  };

  // Valid until the next call.
  OfPipeline& Pipeline(const std::string& name);
  OfStage& Stage(const std::string& name);
  void CountLookUps(const std::string& stage, v1::CacheOutcome outcome,
                    int count);
  prometheus::Counter& Attempts(const std::string& stage,
                                v1::AttemptState state, v1::ErrorCode code);

  absl::flat_hash_map<std::string, OfPipeline> pipelines_;
  absl::flat_hash_map<std::string, OfStage> stages_;
  // Where each run that has not ended is counted, by its id.
  absl::flat_hash_map<std::string, prometheus::Gauge*> counted_in_;

  prometheus::Family<prometheus::Gauge>& active_;
  prometheus::Family<prometheus::Counter>& runs_;
  prometheus::Family<prometheus::Histogram>& run_seconds_;
  prometheus::Family<prometheus::Histogram>& overhead_seconds_;
  prometheus::Family<prometheus::Gauge>& last_success_;
  prometheus::Family<prometheus::Counter>& attempts_;
  prometheus::Family<prometheus::Histogram>& phase_seconds_;
  prometheus::Family<prometheus::Counter>& cache_lookups_;
  prometheus::Family<prometheus::Gauge>& waiting_;
  prometheus::Family<prometheus::Gauge>& oldest_wait_;
  prometheus::Histogram& commit_seconds_;
  prometheus::Counter& committed_runs_;
  prometheus::Counter& commits_failed_;
  prometheus::Counter& idempotent_replays_;
  prometheus::Gauge& recovery_seconds_;
  prometheus::Counter& recovered_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_ENGINE_METRICS_H_
