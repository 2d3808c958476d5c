// How far apart the rows of a series are in time, and when those after the
// last would be. All times are seconds since 1970 in UTC.

#ifndef SERVICES_COMMON_SCALING_FREQUENCY_H_
#define SERVICES_COMMON_SCALING_FREQUENCY_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace stagecoach {

struct Frequency {
  enum class Unit {
    kNone,       // no timestamps, or no pattern in them
    kSeconds,    // also minutes, hours, days, weeks
    kMonths,     // on the same day of the month, also quarters and years
    kMonthEnds,  // on the last day of the month
    kWeekdays,   // Monday to Friday
  };

  Unit unit = Unit::kNone;
  // Units from row to row, >= 1; 0 with kNone.
  int64_t count = 0;

  friend bool operator==(const Frequency&, const Frequency&) = default;
};

// `none`, `seconds`, `months`, `month_ends`, `weekdays`.
absl::string_view FrequencyUnitName(Frequency::Unit unit);
// INVALID_ARGUMENT with the nearest name.
absl::StatusOr<Frequency::Unit> ParseFrequencyUnit(absl::string_view name);

// The frequency that all of `timestamps`, ascending, keep to; kNone if there
// is none or there are fewer than two. Of two that fit, month ends win over
// months, and both over days; weekdays are told from days by a weekend that is
// left out.
Frequency FindFrequency(absl::Span<const int64_t> timestamps);

// When the row `steps` (any sign) after the one at `timestamp` is; nothing if
// the frequency is kNone.
std::optional<int64_t> StepInTime(const Frequency& frequency, int64_t timestamp,
                                  int64_t steps);

// Rows in the cycle that such a series most often has: 12 for months, 4 for
// quarters, 7 for days, 5 for weekdays, 24 for hours, 52 for weeks, the rows of
// a day for anything shorter than a day that divides it; 1 for anything else.
int64_t SeasonLength(const Frequency& frequency);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_SCALING_FREQUENCY_H_
