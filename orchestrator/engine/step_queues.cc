#include "orchestrator/engine/step_queues.h"

#include <algorithm>

namespace stagecoach {

void StepQueues::Push(const std::string& stage, const StepRef& ref,
                      int priority, absl::Time ready) {
  const auto [place, added] = places_.try_emplace(ref);
  if (!added) return;
  const auto queue = queues_.try_emplace(stage).first;
  const Rank rank(-priority, ready, ++last_number_);
  place->second = {queue, queue->second.emplace(rank, ref).first};
}

bool StepQueues::Remove(const StepRef& ref) {
  const auto place = places_.find(ref);
  if (place == places_.end()) return false;
  const auto [queue, entry] = place->second;
  queue->second.erase(entry);
  if (queue->second.empty()) queues_.erase(queue);
  places_.erase(place);
  return true;
}

std::optional<StepRef> StepQueues::Front(absl::string_view stage) const {
  const auto queue = queues_.find(stage);
  if (queue == queues_.end()) return std::nullopt;
  return queue->second.begin()->second;
}

std::optional<absl::Time> StepQueues::OldestReady(
    absl::string_view stage) const {
  const auto queue = queues_.find(stage);
  if (queue == queues_.end()) return std::nullopt;
  absl::Time oldest = absl::InfiniteFuture();
  // Of each priority, only the first.
  for (auto next = queue->second.begin(); next != queue->second.end();) {
    const auto& [priority, ready, number] = next->first;
    oldest = std::min(oldest, ready);
    next =
        queue->second.lower_bound(Rank(priority + 1, absl::InfinitePast(), 0));
  }
  return oldest;
}

int StepQueues::Size(absl::string_view stage) const {
  const auto queue = queues_.find(stage);
  return queue == queues_.end() ? 0 : static_cast<int>(queue->second.size());
}

}  // namespace stagecoach
