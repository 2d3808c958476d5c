#include "orchestrator/cli/moments.h"

#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace stagecoach {
namespace {

// Takes `<number><unit>` off the start of `text`.
bool ConsumeUnit(absl::string_view& text, char unit, int64_t& count) {
  size_t digits = 0;
  while (digits < text.size() && absl::ascii_isdigit(text[digits])) ++digits;
  if (digits == text.size() || text[digits] != unit) return false;
  if (!absl::SimpleAtoi(text.substr(0, digits), &count)) return false;
  text.remove_prefix(digits + 1);
  return true;
}

absl::Time StartOfDay(absl::Time now, absl::TimeZone zone, int days_ago) {
  return absl::FromCivil(absl::ToCivilDay(now, zone) - days_ago, zone);
}

}  // namespace

absl::StatusOr<absl::Duration> ParseSpan(absl::string_view text) {
  absl::string_view rest = text;
  int64_t weeks = 0;
  int64_t days = 0;
  bool long_units = ConsumeUnit(rest, 'w', weeks);
  if (ConsumeUnit(rest, 'd', days)) long_units = true;
  absl::Duration small;
  const bool well_formed =
      rest.empty() ? long_units : absl::ParseDuration(rest, &small);
  const absl::Duration span = absl::Hours(24) * (7 * weeks + days) + small;
  if (!well_formed || small < absl::ZeroDuration() ||
      span <= absl::ZeroDuration() || span == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", text, "' must be a duration such as 10s, 1h30m or 7d"));
  }
  return span;
}

absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, absl::Time now,
                                       absl::TimeZone zone) {
  if (text == "now") return now;
  if (text == "today") return StartOfDay(now, zone, 0);
  if (text == "yesterday") return StartOfDay(now, zone, 1);
  if (const absl::StatusOr<absl::Duration> span = ParseSpan(text); span.ok()) {
    return now - *span;
  }
  std::string ignored;
  for (const char* format :
       {absl::RFC3339_full, "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%dT%H:%M:%E*S"}) {
    absl::Time time;
    if (absl::ParseTime(format, text, zone, &time, &ignored)) return time;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", text,
      "' must be how long ago, such as 2h or 7d, or a date such as 2026-11-20 "
      "or 2026-11-20T15:04"));
}

}  // namespace stagecoach
