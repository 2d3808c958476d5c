// A run as a trace that ui.perfetto.dev and chrome://tracing open.
//
// Format: the JSON object of the Trace Event Format,
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
//
// Pure.

#ifndef ORCHESTRATOR_CLI_RENDER_TRACE_H_
#define ORCHESTRATOR_CLI_RENDER_TRACE_H_

#include <string>

#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// One track for the run and one a step: its waits and its attempts, and in
// each attempt the phases that the stage reports, one after the other in the
// order in which they begin. What has not ended ends `now`.
std::string ChromeTrace(const v1::Run& run, absl::Time now);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_TRACE_H_
