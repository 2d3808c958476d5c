// The steps that wait for a free slot of each stage, by priority; among equals
// the one that has been ready for longest first.

#ifndef ORCHESTRATOR_ENGINE_STEP_QUEUES_H_
#define ORCHESTRATOR_ENGINE_STEP_QUEUES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace stagecoach {

// A step of a run, by position.
struct StepRef {
  std::string run_id;
  int step = 0;

  friend bool operator==(const StepRef& a, const StepRef& b) {
    return a.step == b.step && a.run_id == b.run_id;
  }
  template <typename H>
  friend H AbslHashValue(H h, const StepRef& ref) {
    return H::combine(std::move(h), ref.run_id, ref.step);
  }
};

// Threads: not thread-safe; the engine's thread owns it.
class StepQueues {
 public:
  // Adds a step to its stage's queue: after those of a higher priority, and
  // after those of the same that were `ready` no later. No effect if it is
  // there.
  void Push(const std::string& stage, const StepRef& ref, int priority,
            absl::Time ready);

  // Takes a step out, wherever it stands; false if it is not there.
  bool Remove(const StepRef& ref);

  // The step whose turn it is; none if none waits.
  std::optional<StepRef> Front(absl::string_view stage) const;

  // When the step was ready that has waited for `stage` longest; none if none
  // waits.
  std::optional<absl::Time> OldestReady(absl::string_view stage) const;

  // Steps that wait for `stage`.
  int Size(absl::string_view stage) const;

 private:
  // Orders a queue: priority (negated), readiness, arrival.
  using Rank = std::tuple<int, absl::Time, int64_t>;
  using Queue = std::map<Rank, StepRef>;
  using Queues = std::map<std::string, Queue, std::less<>>;
  // Small: thousands of steps wait.
  struct Place {
    Queues::iterator queue;
    Queue::iterator entry;
  };

  int64_t last_number_ = 0;
  Queues queues_;
  absl::flat_hash_map<StepRef, Place> places_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_STEP_QUEUES_H_
