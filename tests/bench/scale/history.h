// What a long history costs.

#ifndef TESTS_BENCH_SCALE_HISTORY_H_
#define TESTS_BENCH_SCALE_HISTORY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace stagecoach {

// With so many runs in the store: `start_ms` of the orchestrator,
// `list_p99_ms`, `get_p99_ms`, and `run_p50_ms` of runs of no-op steps.
absl::StatusOr<nlohmann::json> MeasureHistory(int64_t runs);

}  // namespace stagecoach

#endif  // TESTS_BENCH_SCALE_HISTORY_H_
