// A run as a person follows it: its record, brought up to date by events.
//
// The model is the record itself (v1::Run); these functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_RUN_VIEW_H_
#define ORCHESTRATOR_CLI_RENDER_RUN_VIEW_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// `run` as it was when it was created, so that all its events can be applied.
v1::Run AtCreation(v1::Run run);

// Brings `run` up to date with `event`. An event that was applied before, or
// about a step that the run does not have, changes nothing.
void ApplyEvent(const v1::RunEvent& event, v1::Run& run);

// The step of this name; null if there is none.
const v1::Step* FindStep(const v1::Run& run, absl::string_view name);

// The newest attempt; null if there is none.
const v1::Attempt* LastAttempt(const v1::Step& step);

// How long a run took, or has taken as of `now`; >= 0.
absl::Duration RunTime(const v1::Run& run, absl::Time now);

// How long the step's newest attempt took, or has taken as of `now`; >= 0.
// Nothing if there is none.
std::optional<absl::Duration> AttemptTime(const v1::Step& step, absl::Time now);

// What is left of work of which `fraction` (0 to 1) took `elapsed`. Nothing
// while that is a guess: before a fiftieth of the work and 0.2 s.
std::optional<absl::Duration> TimeLeft(double fraction, absl::Duration elapsed);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_RUN_VIEW_H_
