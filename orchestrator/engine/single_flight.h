// Equal steps at the same time: one does the work, the others wait for it.

#ifndef ORCHESTRATOR_ENGINE_SINGLE_FLIGHT_H_
#define ORCHESTRATOR_ENGINE_SINGLE_FLIGHT_H_

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "orchestrator/engine/step_queues.h"

namespace stagecoach {

// Threads: not thread-safe; the engine's thread owns it.
class SingleFlight {
 public:
  // `step` wants the result of `key`. True: it leads, nobody else is at it.
  // False: it waits behind others. No effect but the answer if it is there.
  bool Join(const std::string& key, const StepRef& step);

  // `step` has the result. If it led, returns those that waited for it, first
  // come first; they are no longer there.
  std::vector<StepRef> Land(const StepRef& step);

  // `step` gives up. If it led and another waited, that one leads now and is
  // returned.
  std::optional<StepRef> Leave(const StepRef& step);

 private:
  // By key; the first one leads.
  absl::flat_hash_map<std::string, std::deque<StepRef>> flights_;
  absl::flat_hash_map<StepRef, std::string> keys_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_SINGLE_FLIGHT_H_
