// The keys of a protobuf map in order: the map itself has none, and messages
// must not depend on chance.

#ifndef ORCHESTRATOR_PIPELINE_SORTED_KEYS_H_
#define ORCHESTRATOR_PIPELINE_SORTED_KEYS_H_

#include <algorithm>
#include <string>
#include <vector>

#include "google/protobuf/map.h"

namespace stagecoach {

template <typename Value>
std::vector<std::string> SortedKeys(
    const google::protobuf::Map<std::string, Value>& map) {
  std::vector<std::string> keys;
  keys.reserve(map.size());
  for (const auto& [key, value] : map) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_SORTED_KEYS_H_
