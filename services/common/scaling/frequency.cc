#include "services/common/scaling/frequency.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/common/base/nearest_name.h"

namespace stagecoach {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kWeekdaysPerWeek = 5;

constexpr absl::string_view kUnitNames[] = {"none", "seconds", "months",
                                            "month_ends", "weekdays"};

absl::CivilSecond ToCivil(int64_t timestamp) {
  return absl::ToCivilSecond(absl::FromUnixSeconds(timestamp),
                             absl::UTCTimeZone());
}

int64_t FromCivil(const absl::CivilSecond& civil) {
  return absl::ToUnixSeconds(absl::FromCivil(civil, absl::UTCTimeZone()));
}

// Seconds since midnight.
int64_t TimeOfDay(const absl::CivilSecond& civil) {
  return civil - absl::CivilSecond(absl::CivilDay(civil));
}

absl::CivilDay LastDay(const absl::CivilMonth& month) {
  return absl::CivilDay(month + 1) - 1;
}

// The same moment of another day.
int64_t AtSameTime(const absl::CivilDay& day, const absl::CivilSecond& model) {
  return FromCivil(absl::CivilSecond(day) + TimeOfDay(model));
}

int64_t StepMonths(int64_t timestamp, int64_t months) {
  const absl::CivilSecond civil = ToCivil(timestamp);
  const absl::CivilMonth month = absl::CivilMonth(civil) + months;
  const absl::CivilDay day = absl::CivilDay(month) + (civil.day() - 1);
  // The 31st of a month that has none is its last day.
  return AtSameTime(absl::CivilMonth(day) == month ? day : LastDay(month),
                    civil);
}

int64_t StepMonthEnds(int64_t timestamp, int64_t months) {
  const absl::CivilSecond civil = ToCivil(timestamp);
  return AtSameTime(LastDay(absl::CivilMonth(civil) + months), civil);
}

// Days from Monday, 0 to 6.
int64_t Weekday(const absl::CivilDay& day) {
  return static_cast<int64_t>(absl::GetWeekday(day));
}

int64_t StepWeekdays(int64_t timestamp, int64_t days) {
  const absl::CivilSecond civil = ToCivil(timestamp);
  const absl::CivilDay day(civil);
  const int64_t weekday = Weekday(day);
  int64_t weeks = (weekday + days) / kWeekdaysPerWeek;
  int64_t rest = (weekday + days) % kWeekdaysPerWeek;
  if (rest < 0) {
    rest += kWeekdaysPerWeek;
    --weeks;
  }
  return AtSameTime(day - weekday + weeks * 7 + rest, civil);
}

bool AllFollow(absl::Span<const int64_t> timestamps,
               const Frequency& frequency) {
  for (size_t i = 1; i < timestamps.size(); ++i) {
    if (StepInTime(frequency, timestamps[i - 1], 1) != timestamps[i]) {
      return false;
    }
  }
  return true;
}

// A series on the 30th has its February on the 28th, which does not tell where
// March will be: steps are counted from the first row.
bool AllOnSameDay(absl::Span<const int64_t> timestamps, int64_t months) {
  for (size_t i = 1; i < timestamps.size(); ++i) {
    if (StepMonths(timestamps[0], months * static_cast<int64_t>(i)) !=
        timestamps[i]) {
      return false;
    }
  }
  return true;
}

bool AllAreWeekdays(absl::Span<const int64_t> timestamps) {
  for (const int64_t timestamp : timestamps) {
    if (Weekday(absl::CivilDay(ToCivil(timestamp))) >= kWeekdaysPerWeek) {
      return false;
    }
  }
  return true;
}

int64_t MonthsBetween(int64_t from, int64_t to) {
  return absl::CivilMonth(ToCivil(to)) - absl::CivilMonth(ToCivil(from));
}

}  // namespace

absl::string_view FrequencyUnitName(Frequency::Unit unit) {
  return kUnitNames[static_cast<size_t>(unit)];
}

absl::StatusOr<Frequency::Unit> ParseFrequencyUnit(absl::string_view name) {
  std::vector<std::string> known;
  for (size_t i = 0; i < std::size(kUnitNames); ++i) {
    if (name == kUnitNames[i]) return static_cast<Frequency::Unit>(i);
    known.emplace_back(kUnitNames[i]);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("there is no unit of frequency '", absl::CHexEscape(name),
                   "'", NearestNameHint(name, known)));
}

Frequency FindFrequency(absl::Span<const int64_t> timestamps) {
  using Unit = Frequency::Unit;
  if (timestamps.size() < 2) return {};
  const int64_t seconds = timestamps[1] - timestamps[0];
  if (seconds <= 0) return {};
  const int64_t months = MonthsBetween(timestamps[0], timestamps[1]);
  if (months > 0 && AllFollow(timestamps, {Unit::kMonthEnds, months})) {
    return {Unit::kMonthEnds, months};
  }
  if (months > 0 && AllOnSameDay(timestamps, months)) {
    return {Unit::kMonths, months};
  }
  const Frequency regular = {Unit::kSeconds, seconds};
  if (AllFollow(timestamps, regular)) return regular;
  const Frequency weekdays = {Unit::kWeekdays, 1};
  if (AllAreWeekdays(timestamps) && AllFollow(timestamps, weekdays)) {
    return weekdays;
  }
  return {};
}

std::optional<int64_t> StepInTime(const Frequency& frequency, int64_t timestamp,
                                  int64_t steps) {
  const int64_t units = frequency.count * steps;
  switch (frequency.unit) {
    case Frequency::Unit::kNone:
      return std::nullopt;
    case Frequency::Unit::kSeconds:
      return timestamp + units;
    case Frequency::Unit::kMonths:
      return StepMonths(timestamp, units);
    case Frequency::Unit::kMonthEnds:
      return StepMonthEnds(timestamp, units);
    case Frequency::Unit::kWeekdays:
      return StepWeekdays(timestamp, units);
  }
  return std::nullopt;
}

int64_t SeasonLength(const Frequency& frequency) {
  switch (frequency.unit) {
    case Frequency::Unit::kNone:
      return 1;
    case Frequency::Unit::kMonths:
    case Frequency::Unit::kMonthEnds:
      return 12 % frequency.count == 0 ? 12 / frequency.count : 1;
    case Frequency::Unit::kWeekdays:
      return frequency.count == 1 ? kWeekdaysPerWeek : 1;
    case Frequency::Unit::kSeconds:
      if (frequency.count == 7 * kDay) return 52;
      if (frequency.count == kDay) return 7;
      if (kDay % frequency.count == 0) return kDay / frequency.count;
      return 1;
  }
  return 1;
}

}  // namespace stagecoach
