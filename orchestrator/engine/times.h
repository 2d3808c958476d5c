// Where the wall time of a run went.

#ifndef ORCHESTRATOR_ENGINE_TIMES_H_
#define ORCHESTRATOR_ENGINE_TIMES_H_

#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Adds up the attempts of a run that has ended. For a chain of steps the parts
// add up to `wall`; `commit` is what no attempt and no queue accounts for,
// never below zero. Steps taken over from another run count nothing.
v1::RunTimes RunTimesOf(const v1::Run& run);

// Reading, computing and writing in stages: the part that is the work itself.
absl::Duration WorkOf(const v1::RunTimes& times);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_TIMES_H_
