// What happens to runs, as events of OpenLineage (https://openlineage.io).

#ifndef ORCHESTRATOR_EXPORT_OPENLINEAGE_H_
#define ORCHESTRATOR_EXPORT_OPENLINEAGE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// The UUID under which OpenLineage knows a run or, with a step's name, its
// step: always the same one.
std::string OpenLineageRunId(absl::string_view run_id,
                             absl::string_view step = "");

// The RunEvents (JSON documents on one line, spec 2-0-2) of what has happened
// to `run`, in order: START when it is created or a step of it first starts,
// and then one of COMPLETE, FAIL and ABORT. The run is the parent of its steps.
// A step that takes a result over starts and completes at once. Other changes
// give none.
std::vector<std::string> OpenLineageEvents(
    const v1::Run& run, bool created, absl::Span<const v1::RunEvent> events);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_EXPORT_OPENLINEAGE_H_
