// Where the time of a run went, as spans in the JSON of OTLP
// (https://opentelemetry.io/docs/specs/otlp/).

#ifndef ORCHESTRATOR_EXPORT_OTLP_H_
#define ORCHESTRATOR_EXPORT_OTLP_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// The ResourceSpans (JSON documents) of a run that has ended: one of the
// orchestrator with the run, the waits and the attempts, one of each replica
// with what it did and the phases of that, as its answers tell: each is laid in
// the middle of its attempt. None if the run's trace is not recorded.
std::vector<std::string> SpansOfRun(const v1::Run& run);

// The ResourceSpans of the call `name` that created `run`: between the span of
// the caller, whose `traceparent` that is, and the run's.
std::vector<std::string> SpanOfCall(absl::string_view name,
                                    absl::string_view caller,
                                    const v1::Run& run, absl::Time start,
                                    absl::Time end);

// A request of the collector with these ResourceSpans.
std::string TraceExportRequest(const std::vector<std::string>& resource_spans);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_EXPORT_OTLP_H_
