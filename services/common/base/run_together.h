// Several things that wait for something else than the processor, done at once.

#ifndef SERVICES_COMMON_BASE_RUN_TOGETHER_H_
#define SERVICES_COMMON_BASE_RUN_TOGETHER_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "services/common/base/bounded_executor.h"

namespace stagecoach {

// Runs all `tasks`, on the calling thread and on those of `helpers` that are
// free; returns when all have ended, with the first error in their order. One
// that fails keeps none of the others from running. Never waits for a helper to
// become free: the calling thread does alone what nobody takes from it.
absl::Status RunTogether(BoundedExecutor& helpers,
                         std::vector<std::function<absl::Status()>> tasks);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_RUN_TOGETHER_H_
