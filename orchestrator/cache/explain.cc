#include "orchestrator/cache/explain.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using KeyParts = google::protobuf::Map<std::string, std::string>;

std::string PartOf(const KeyParts& parts, const std::string& name) {
  const auto found = parts.find(name);
  return found == parts.end() ? "" : found->second;
}

// In the order of the parts' names.
std::vector<v1::KeyDifference> Differences(const KeyParts& here,
                                           const KeyParts& there) {
  std::set<std::string> names;
  for (const auto& [name, value] : here) names.insert(name);
  for (const auto& [name, value] : there) names.insert(name);
  std::vector<v1::KeyDifference> differences;
  for (const std::string& name : names) {
    v1::KeyDifference difference;
    difference.set_part(name);
    difference.set_here(PartOf(here, name));
    difference.set_nearest(PartOf(there, name));
    if (difference.here() != difference.nearest()) {
      differences.push_back(std::move(difference));
    }
  }
  return differences;
}

}  // namespace

v1::StepExplanation ExplainStep(absl::string_view run_id, const v1::Step& step,
                                absl::Span<const CachedStep> others) {
  v1::StepExplanation explanation;
  explanation.set_step(step.name());
  *explanation.mutable_lookup() = step.cache();
  const v1::CacheOutcome outcome = step.cache().outcome();
  if (outcome == v1::CACHE_OUTCOME_HIT || outcome == v1::CACHE_OUTCOME_JOINED ||
      step.cache().key_parts().empty()) {
    return explanation;
  }
  const absl::Time looked_up = step.has_ready_time()
                                   ? FromTimestamp(step.ready_time())
                                   : absl::InfiniteFuture();
  const CachedStep* nearest = nullptr;
  std::vector<v1::KeyDifference> fewest;
  for (const CachedStep& other : others) {
    if (other.run_id == run_id && other.step.name() == step.name()) continue;
    if (FromTimestamp(other.step.state_time()) > looked_up) continue;
    std::vector<v1::KeyDifference> differences =
        Differences(step.cache().key_parts(), other.step.cache().key_parts());
    if (nearest != nullptr && differences.size() >= fewest.size()) continue;
    nearest = &other;
    fewest = std::move(differences);
  }
  if (nearest == nullptr) return explanation;
  explanation.set_nearest(
      absl::StrCat(nearest->run_id, "/", nearest->step.name()));
  explanation.mutable_differences()->Assign(fewest.begin(), fewest.end());
  return explanation;
}

}  // namespace stagecoach
