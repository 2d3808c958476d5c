// What the engine exports.

#ifndef ORCHESTRATOR_ENGINE_ENGINE_METRICS_H_
#define ORCHESTRATOR_ENGINE_ENGINE_METRICS_H_

#include <array>
#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Labels come from closed sets only: names of applied pipelines, of configured
// stages, and states.
//
// Threads:   one at a time: the engine's.
// Ownership: the registry must outlive this.
class EngineMetrics {
 public:
  explicit EngineMetrics(prometheus::Registry& registry);

  // A run was added to (1) or taken off (-1) those that have not ended.
  void RunActive(const v1::Run& run, int change);
  // A run has ended.
  void RunEnded(const v1::Run& run);
  // A run that had not ended was read back at the start.
  void RunRecovered() { recovered_.Increment(); }
  // The last attempt of a step has ended.
  void AttemptEnded(const v1::Run& run, int step);
  // The look-up of a step's result has ended.
  void CacheLookedUp(const v1::Step& step);
  // So many steps now wait for a slot of `stage`.
  void StepsWaiting(const std::string& stage, int waiting);
  // A commit of so many runs' transitions has taken so long.
  void Committed(absl::Duration duration, size_t runs);
  // A transition could not be written and will be tried again.
  void CommitFailed() { commits_failed_.Increment(); }
  // A request was answered with the run that its idempotency key had made.
  void IdempotentReplay() { idempotent_replays_.Increment(); }

 private:
  static constexpr int kPhases = 5;

  // What has labels, found without making them; null until it is first used.
  struct OfPipeline {
    prometheus::Gauge* active = nullptr;
    prometheus::Histogram* overhead_seconds = nullptr;
    // By state.
    std::array<prometheus::Counter*, v1::RunState_ARRAYSIZE> runs = {};
    std::array<prometheus::Histogram*, v1::RunState_ARRAYSIZE> run_seconds = {};
  };
  struct OfStage {
    prometheus::Gauge* waiting = nullptr;
    std::array<prometheus::Counter*, v1::AttemptState_ARRAYSIZE> attempts = {};
    std::array<prometheus::Histogram*, kPhases> phase_seconds = {};
  };

  absl::flat_hash_map<std::string, OfPipeline> pipelines_;
  absl::flat_hash_map<std::string, OfStage> stages_;

  prometheus::Family<prometheus::Gauge>& active_;
  prometheus::Family<prometheus::Counter>& runs_;
  prometheus::Family<prometheus::Histogram>& run_seconds_;
  prometheus::Family<prometheus::Histogram>& overhead_seconds_;
  prometheus::Family<prometheus::Counter>& attempts_;
  prometheus::Family<prometheus::Histogram>& phase_seconds_;
  prometheus::Family<prometheus::Counter>& cache_lookups_;
  prometheus::Family<prometheus::Gauge>& waiting_;
  prometheus::Histogram& commit_seconds_;
  prometheus::Counter& committed_runs_;
  prometheus::Counter& commits_failed_;
  prometheus::Counter& idempotent_replays_;
  prometheus::Counter& recovered_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_ENGINE_METRICS_H_
