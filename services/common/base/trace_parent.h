// Which trace a piece of work belongs to: the header `traceparent` of W3C Trace
// Context (https://www.w3.org/TR/trace-context/).

#ifndef SERVICES_COMMON_BASE_TRACE_PARENT_H_
#define SERVICES_COMMON_BASE_TRACE_PARENT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace stagecoach {

// Its name as an HTTP header and as metadata of gRPC.
inline constexpr char kTraceParentHeader[] = "traceparent";

struct TraceParent {
  // 32 and 16 lower-case hexadecimal digits, not all zero.
  std::string trace_id;
  std::string span_id;
  // 2 lower-case hexadecimal digits; the lowest bit: the trace is recorded.
  std::string flags;
};

// Reads `00-<trace>-<span>-<flags>`, and what a later version may append.
// Nothing if it is malformed, which a receiver passes over.
std::optional<TraceParent> ParseTraceParent(absl::string_view text);

// `00-<trace>-<span>-<flags>`.
std::string FormatTraceParent(const TraceParent& parent);

// A new span in the trace of `caller` (a `traceparent`) or, if that is empty or
// malformed, in a new trace that is recorded.
std::string NewSpan(absl::string_view caller);

// Whether the trace is recorded by those who have decided on it.
bool IsRecorded(const TraceParent& parent);

// The id of the span called `name` within the span `parent_id`: always the
// same one, so that it need not be kept to be known again.
std::string ChildSpanId(absl::string_view parent_id, absl::string_view name);

// The `traceparent` of the span called `name` within `parent`; empty if that
// is malformed.
std::string ChildSpan(absl::string_view parent, absl::string_view name);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_TRACE_PARENT_H_
