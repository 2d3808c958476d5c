// Spans and points of time as people type them.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_MOMENTS_H_
#define ORCHESTRATOR_CLI_MOMENTS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace stagecoach {

// `90s`, `2h30m`, `3d`, `2w`, `1d12h`: what absl::ParseDuration reads, and days
// of 24 hours and weeks. INVALID_ARGUMENT: anything else, and what is not
// longer than nothing.
absl::StatusOr<absl::Duration> ParseSpan(absl::string_view text);

// A span before `now`, or a date with or without a time of day in `zone`:
// `2026-11-20`, `2026-11-20 15:04`, `2026-11-20T15:04:05`, or with a zone of
// its own (RFC 3339); also `now`, `today` and `yesterday`. INVALID_ARGUMENT:
// anything else.
absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, absl::Time now,
                                       absl::TimeZone zone);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_MOMENTS_H_
