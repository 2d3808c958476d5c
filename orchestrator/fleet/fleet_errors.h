// What every fleet answers when a stage cannot be used: one wording.

#ifndef ORCHESTRATOR_FLEET_FLEET_ERRORS_H_
#define ORCHESTRATOR_FLEET_FLEET_ERRORS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// NOT_FOUND: `stage` is not configured; names the nearest of `configured`, or
// all of them (the first 20).
absl::Status NoSuchStage(absl::string_view stage,
                         const std::vector<std::string>& configured);

// UNAVAILABLE: no replica of `stage` serves; says why for each of `replicas`
// (the first few of many).
absl::Status NoServingReplica(absl::string_view stage,
                              absl::Span<const v1::ReplicaStatus> replicas);

// RESOURCE_EXHAUSTED: every serving replica of `stage` is busy.
absl::Status EveryReplicaBusy(absl::string_view stage);

// UNAVAILABLE: nobody here waits any more for an execution at `address`.
absl::Status LeftToReplica(absl::string_view address);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_FLEET_ERRORS_H_
