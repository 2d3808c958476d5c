// What many at once cost.

#ifndef TESTS_BENCH_SCALE_CROWD_H_
#define TESTS_BENCH_SCALE_CROWD_H_

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace stagecoach {

// So many runs that wait for the only slot: `bytes_each` of the orchestrator's
// memory, `create_rate` of one caller a second.
absl::StatusOr<nlohmann::json> MeasureQueued(int runs);

// So many that watch one run from its queue to its end: `all_ms` from what lets
// it start until the last of them has heard the end, `bytes_each` of the
// orchestrator's memory.
absl::StatusOr<nlohmann::json> MeasureWatchers(int watchers);

}  // namespace stagecoach

#endif  // TESTS_BENCH_SCALE_CROWD_H_
