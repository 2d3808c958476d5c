// An Execute request that makes sense: checked before the stage's code runs.

#ifndef SERVICES_COMMON_STAGEKIT_CHECKED_REQUEST_H_
#define SERVICES_COMMON_STAGEKIT_CHECKED_REQUEST_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/artifact/volume_map.h"
#include "services/common/contract/execution_id.h"
#include "services/common/contract/parameters.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

struct CheckedRequest {
  ExecutionId id;
  int64_t lease_epoch = 0;
  // A value for each parameter of the stage.
  ResolvedParameters parameters;
  // Well-formed URIs on volumes that there are, types as the stage declares.
  std::map<std::string, v1::Artifact> inputs;
  // Well-formed URIs; the latter two may be empty.
  std::string output_prefix;
  std::string checkpoint_prefix;
  std::string log_uri;
  // Of the caller's trace, as in its `traceparent`; empty: it has none.
  std::string trace_id;
  // > 0; infinite if none was given.
  absl::Duration timeout = absl::InfiniteDuration();
};

// Touches no file. INVALID_ARGUMENT or OUT_OF_RANGE naming the field, its value
// and what is allowed.
absl::StatusOr<CheckedRequest> CheckRequest(
    const v1::ExecuteRequest& request, const v1::StageDescription& description,
    const VolumeMap& volumes);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_CHECKED_REQUEST_H_
