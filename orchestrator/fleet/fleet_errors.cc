#include "orchestrator/fleet/fleet_errors.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/nearest_name.h"

namespace stagecoach {
namespace {

// A message is read by a person: more than this many reasons hide each other.
constexpr size_t kMaxReasons = 5;

std::string Explain(const v1::ReplicaStatus& replica) {
  return absl::StrCat(replica.address(), ": ", replica.reason());
}

}  // namespace

absl::Status NoSuchStage(absl::string_view stage,
                         const std::vector<std::string>& configured) {
  return absl::NotFoundError(
      absl::StrCat("stage \"", stage, "\" is not configured",
                   configured.empty() ? ", nor is any other"
                                      : NearestNameHint(stage, configured)));
}

absl::Status NoServingReplica(absl::string_view stage,
                              absl::Span<const v1::ReplicaStatus> replicas) {
  std::vector<std::string> reasons;
  for (const v1::ReplicaStatus& replica : replicas) {
    if (reasons.size() == kMaxReasons) {
      reasons.push_back(
          absl::StrCat("and ", replicas.size() - kMaxReasons, " more"));
      break;
    }
    reasons.push_back(Explain(replica));
  }
  if (reasons.empty()) reasons.emplace_back("none has been found");
  return absl::UnavailableError(absl::StrCat(
      "stage \"", stage,
      "\" has no serving replica: ", absl::StrJoin(reasons, "; ")));
}

absl::Status EveryReplicaBusy(absl::string_view stage) {
  return absl::ResourceExhaustedError(
      absl::StrCat("every serving replica of stage \"", stage, "\" is busy"));
}

absl::Status LeftToReplica(absl::string_view address) {
  return absl::UnavailableError(absl::StrCat(
      "the orchestrator is stopping; the execution goes on at ", address));
}

}  // namespace stagecoach
