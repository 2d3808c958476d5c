#include "orchestrator/engine/single_flight.h"

#include <algorithm>
#include <iterator>

namespace stagecoach {

bool SingleFlight::Join(const std::string& key, const StepRef& step) {
  std::deque<StepRef>& flight = flights_[key];
  if (keys_.try_emplace(step, key).second) flight.push_back(step);
  return flight.front() == step;
}

std::vector<StepRef> SingleFlight::Land(const StepRef& step) {
  const auto key = keys_.find(step);
  if (key == keys_.end()) return {};
  const auto flight = flights_.find(key->second);
  if (!(flight->second.front() == step)) {
    Leave(step);
    return {};
  }
  const std::vector<StepRef> waiting(std::next(flight->second.begin()),
                                     flight->second.end());
  for (const StepRef& member : flight->second) keys_.erase(member);
  flights_.erase(flight);
  return waiting;
}

std::optional<StepRef> SingleFlight::Leave(const StepRef& step) {
  const auto key = keys_.find(step);
  if (key == keys_.end()) return std::nullopt;
  const auto flight = flights_.find(key->second);
  std::deque<StepRef>& members = flight->second;
  const bool led = members.front() == step;
  members.erase(std::find(members.begin(), members.end(), step));
  keys_.erase(key);
  if (members.empty()) {
    flights_.erase(flight);
    return std::nullopt;
  }
  return led ? std::optional(members.front()) : std::nullopt;
}

}  // namespace stagecoach
