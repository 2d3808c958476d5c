#include "orchestrator/engine/shared_pipelines.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {

std::shared_ptr<v1::Pipeline> SharedPipelines::Share(
    std::unique_ptr<v1::Pipeline>& pipeline) {
  if (pipeline == nullptr || pipeline->digest().empty()) return nullptr;
  const std::string identity = absl::StrCat(
      pipeline->name(), "/", pipeline->version(), "/", pipeline->digest());
  const auto known = known_.find(identity);
  if (known != known_.end()) {
    if (std::shared_ptr<v1::Pipeline> shared = known->second.lock()) {
      pipeline = nullptr;
      return shared;
    }
  }
  absl::erase_if(known_,
                 [](const auto& entry) { return entry.second.expired(); });
  std::shared_ptr<v1::Pipeline> shared = std::move(pipeline);
  known_[identity] = shared;
  return shared;
}

size_t SharedPipelines::size() const {
  return absl::c_count_if(
      known_, [](const auto& entry) { return !entry.second.expired(); });
}

}  // namespace stagecoach
