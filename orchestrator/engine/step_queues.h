// The steps that wait for a free slot, first come first served per stage.

#ifndef ORCHESTRATOR_ENGINE_STEP_QUEUES_H_
#define ORCHESTRATOR_ENGINE_STEP_QUEUES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

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
  // Adds a step at the end of its stage's queue; no effect if it is there.
  void Push(const std::string& stage, const StepRef& ref);

  // Takes a step out, wherever it stands; no effect if it is not there.
  void Remove(const StepRef& ref);

  // The step that has waited longest; none if none waits.
  std::optional<StepRef> Front(absl::string_view stage) const;

  // Steps that wait for `stage`.
  int Size(absl::string_view stage) const;

 private:
  struct Place {
    std::string stage;
    int64_t number = 0;
  };

  int64_t last_number_ = 0;
  // Per stage, in the order of arrival.
  std::map<std::string, std::map<int64_t, StepRef>, std::less<>> queues_;
  absl::flat_hash_map<StepRef, Place> places_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_STEP_QUEUES_H_
