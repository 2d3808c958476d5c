// Which runs may start: so many of each pipeline at once as it allows, the
// others wait in the order of priority and creation.

#ifndef ORCHESTRATOR_ENGINE_RUN_GATE_H_
#define ORCHESTRATOR_ENGINE_RUN_GATE_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Each run is held against the limit of its own copy of the specification.
// Several orchestrators on one store use CoordinationStore::GivePlaces instead.
//
// Threads: not thread-safe; the engine's thread owns it.
class RunGate {
 public:
  // The run is under way already; it takes a place even if none is free.
  void AddStarted(const v1::Run& run);

  // The run wants to start. Returns the runs that may start now, in order.
  std::vector<std::string> Add(const v1::Run& run);

  // The run needs no place any more, or does not want one. Returns the runs
  // that may start now. No effect if it is not there.
  std::vector<std::string> Remove(const v1::Run& run);

 private:
  // Orders those that wait: priority (negated), creation, id.
  using Rank = std::tuple<int, int64_t, int32_t, std::string>;
  struct PipelineRuns {
    absl::flat_hash_set<std::string> started;
    std::map<Rank, int> waiting;  // to the limit of each
  };

  static Rank RankOf(const v1::Run& run);
  static std::vector<std::string> Admit(PipelineRuns& runs);

  // By name.
  absl::flat_hash_map<std::string, PipelineRuns> pipelines_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_RUN_GATE_H_
