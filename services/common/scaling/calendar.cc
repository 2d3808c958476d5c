#include "services/common/scaling/calendar.h"

#include <cmath>
#include <cstddef>
#include <numbers>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/common/base/nearest_name.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kNames[] = {"month", "day_of_year", "day_of_month",
                                        "day_of_week", "hour"};
constexpr double kSecondsPerHour = 3600;

// The position within the cycle, from 0 and below 1.
double Phase(CalendarFeature feature, const absl::CivilSecond& time) {
  switch (feature) {
    case CalendarFeature::kMonth:
      return (time.month() - 1) / 12.0;
    case CalendarFeature::kDayOfYear:
      return (absl::GetYearDay(time) - 1) / 366.0;
    case CalendarFeature::kDayOfMonth:
      return (time.day() - 1) / 31.0;
    case CalendarFeature::kDayOfWeek:
      return static_cast<int>(absl::GetWeekday(time)) / 7.0;
    case CalendarFeature::kHour:
      return (time - absl::CivilSecond(absl::CivilDay(time))) /
             (24 * kSecondsPerHour);
  }
  return 0;
}

}  // namespace

absl::Span<const absl::string_view> CalendarFeatureNames() { return kNames; }

absl::string_view CalendarFeatureName(CalendarFeature feature) {
  return kNames[static_cast<size_t>(feature)];
}

absl::StatusOr<CalendarFeature> ParseCalendarFeature(absl::string_view name) {
  std::vector<std::string> known;
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (name == kNames[i]) return static_cast<CalendarFeature>(i);
    known.emplace_back(kNames[i]);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("there is no calendar feature '", absl::CHexEscape(name),
                   "'", NearestNameHint(name, known)));
}

void WriteCalendarValues(absl::Span<const CalendarFeature> features,
                         int64_t unix_seconds, absl::Span<float> values) {
  const absl::CivilSecond time = absl::ToCivilSecond(
      absl::FromUnixSeconds(unix_seconds), absl::UTCTimeZone());
  size_t at = 0;
  for (const CalendarFeature feature : features) {
    const double angle = 2 * std::numbers::pi * Phase(feature, time);
    values[at++] = static_cast<float>(std::sin(angle));
    values[at++] = static_cast<float>(std::cos(angle));
  }
}

}  // namespace stagecoach
