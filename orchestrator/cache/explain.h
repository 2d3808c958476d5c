// Why the cache had a step's result, or not. Pure: no I/O, no clock.

#ifndef ORCHESTRATOR_CACHE_EXPLAIN_H_
#define ORCHESTRATOR_CACHE_EXPLAIN_H_

#include "absl/types/span.h"
#include "orchestrator/store/run_store.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// `step` of run `run_id` has been looked up. `others`: cached steps of the same
// stage, newest first; of those done before `step` was ready, the one with the
// fewest differences is named.
v1::StepExplanation ExplainStep(absl::string_view run_id, const v1::Step& step,
                                absl::Span<const CachedStep> others);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CACHE_EXPLAIN_H_
