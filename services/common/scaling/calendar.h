// What the calendar says of a moment, as numbers that a model can use.
//
// Each feature is a position within a cycle and becomes two numbers, the sine
// and the cosine of its angle, so that December lies beside January.

#ifndef SERVICES_COMMON_SCALING_CALENDAR_H_
#define SERVICES_COMMON_SCALING_CALENDAR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace stagecoach {

// All in UTC, from the start of the cycle.
enum class CalendarFeature {
  kMonth,       // of the year, 12
  kDayOfYear,   // 366
  kDayOfMonth,  // 31
  kDayOfWeek,   // from Monday, 7
  kHour,        // of the day, 24, with its minutes and seconds
};

// Numbers that one feature becomes.
inline constexpr int64_t kValuesPerCalendarFeature = 2;

// `month`, `day_of_year`, `day_of_month`, `day_of_week`, `hour`, in the order
// of the enum.
absl::Span<const absl::string_view> CalendarFeatureNames();
absl::string_view CalendarFeatureName(CalendarFeature feature);

// INVALID_ARGUMENT with the nearest name.
absl::StatusOr<CalendarFeature> ParseCalendarFeature(absl::string_view name);

// Writes sine and cosine of each feature, in order, at `unix_seconds` to
// `values`, which has room for kValuesPerCalendarFeature of each.
void WriteCalendarValues(absl::Span<const CalendarFeature> features,
                         int64_t unix_seconds, absl::Span<float> values);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_SCALING_CALENDAR_H_
