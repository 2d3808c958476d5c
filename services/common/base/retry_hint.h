// A RESOURCE_EXHAUSTED that means "no free slot, ask again in a while" carries
// that while as a payload; one without it means that the work itself found no
// memory or room.

#ifndef SERVICES_COMMON_BASE_RETRY_HINT_H_
#define SERVICES_COMMON_BASE_RETRY_HINT_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace stagecoach {

// Adds the hint to `status`, in whole milliseconds.
void SetRetryHint(absl::Status& status, absl::Duration wait);

// The hint, if `status` carries a well-formed one.
absl::optional<absl::Duration> RetryHint(const absl::Status& status);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_RETRY_HINT_H_
