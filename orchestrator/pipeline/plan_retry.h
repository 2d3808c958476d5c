// Makes the run that tries another one again. Pure: no I/O, no clock.

#ifndef ORCHESTRATOR_PIPELINE_PLAN_RETRY_H_
#define ORCHESTRATOR_PIPELINE_PLAN_RETRY_H_

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// A run with the specification, parameters and inputs of `run`, which takes
// over the steps that had succeeded but for those named in `redo`; the others
// are PENDING. Without id and times, as PlanRun's. FAILED_PRECONDITION: `run`
// has not ended, or it has succeeded.
absl::StatusOr<v1::Run> PlanRetry(const v1::Run& run,
                                  const absl::flat_hash_set<std::string>& redo);

// Identifies the wish to retry `run_id` for an idempotency key.
std::string RetryDigest(absl::string_view run_id);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_PLAN_RETRY_H_
