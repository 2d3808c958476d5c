#include "services/common/scaling/frequency.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using Unit = Frequency::Unit;
using ::testing::HasSubstr;

int64_t At(const std::string& text) {
  absl::CivilSecond civil;
  EXPECT_TRUE(absl::ParseLenientCivilTime(text, &civil)) << text;
  return absl::ToUnixSeconds(absl::FromCivil(civil, absl::UTCTimeZone()));
}

Frequency Find(const std::vector<std::string>& rows) {
  std::vector<int64_t> timestamps;
  for (const std::string& row : rows) timestamps.push_back(At(row));
  return FindFrequency(timestamps);
}

Frequency Of(Unit unit, int64_t count) { return {unit, count}; }

TEST(FrequencyTest, MonthsQuartersAndYearsAreCountedInMonths) {
  EXPECT_EQ(Find({"1949-01-01", "1949-02-01", "1949-03-01"}),
            Of(Unit::kMonths, 1));
  EXPECT_EQ(Find({"1949-01-15", "1949-04-15", "1949-07-15"}),
            Of(Unit::kMonths, 3));
  EXPECT_EQ(Find({"1948-01-01", "1949-01-01", "1950-01-01"}),
            Of(Unit::kMonths, 12));
  EXPECT_EQ(Find({"2021-01-30", "2021-02-28", "2021-03-30"}),
            Of(Unit::kMonths, 1));
}

TEST(FrequencyTest, TheLastDayOfEachMonthIsAFrequencyOfItsOwn) {
  EXPECT_EQ(Find({"2021-01-31", "2021-02-28", "2021-03-31"}),
            Of(Unit::kMonthEnds, 1));
  EXPECT_EQ(Find({"2020-12-31", "2021-12-31"}), Of(Unit::kMonthEnds, 12));
}

TEST(FrequencyTest, EqualDistancesAreCountedInSeconds) {
  EXPECT_EQ(Find({"2021-01-30", "2021-01-31", "2021-02-01"}),
            Of(Unit::kSeconds, 86400));
  EXPECT_EQ(Find({"2021-01-31", "2021-02-01", "2021-02-02"}),
            Of(Unit::kSeconds, 86400));
  EXPECT_EQ(Find({"2021-01-31T23:00:00", "2021-02-01"}),
            Of(Unit::kSeconds, 3600));
}

TEST(FrequencyTest, DaysWithoutTheWeekendsAreWeekdays) {
  // 2021-01-07 was a Thursday.
  EXPECT_EQ(Find({"2021-01-07", "2021-01-08", "2021-01-11", "2021-01-12"}),
            Of(Unit::kWeekdays, 1));
}

TEST(FrequencyTest, NoPatternIsNoFrequency) {
  EXPECT_EQ(Find({}), Frequency());
  EXPECT_EQ(Find({"2021-01-01"}), Frequency());
  EXPECT_EQ(Find({"2021-01-01", "2021-01-01"}), Frequency());
  EXPECT_EQ(Find({"2021-01-04", "2021-01-05", "2021-01-07"}), Frequency());
  EXPECT_EQ(Find({"2021-01-01", "2021-02-01", "2021-04-01"}), Frequency());
}

TEST(FrequencyTest, StepsGoForwardAndBack) {
  const struct {
    Frequency frequency;
    std::string from;
    int64_t steps;
    std::string to;
  } cases[] = {
      {Of(Unit::kMonths, 1), "1960-12-01", 1, "1961-01-01"},
      {Of(Unit::kMonths, 3), "1960-12-01T06:00:00", 2, "1961-06-01T06:00:00"},
      {Of(Unit::kMonths, 1), "2021-01-31", 1, "2021-02-28"},
      {Of(Unit::kMonths, 1), "1961-01-01", -1, "1960-12-01"},
      {Of(Unit::kMonthEnds, 1), "2021-02-28", 1, "2021-03-31"},
      {Of(Unit::kSeconds, 3600), "2021-02-28T23:00:00", 2,
       "2021-03-01T01:00:00"},
      {Of(Unit::kWeekdays, 1), "2021-01-08", 1, "2021-01-11"},
      {Of(Unit::kWeekdays, 1), "2021-01-08", 6, "2021-01-18"},
      {Of(Unit::kWeekdays, 1), "2021-01-11", -1, "2021-01-08"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(StepInTime(each.frequency, At(each.from), each.steps),
              std::optional<int64_t>(At(each.to)))
        << each.from << " + " << each.steps;
  }
  EXPECT_EQ(StepInTime({}, 0, 1), std::nullopt);
}

TEST(FrequencyTest, TheSeasonIsTheUsualCycle) {
  EXPECT_EQ(SeasonLength(Of(Unit::kMonths, 1)), 12);
  EXPECT_EQ(SeasonLength(Of(Unit::kMonthEnds, 3)), 4);
  EXPECT_EQ(SeasonLength(Of(Unit::kMonths, 12)), 1);
  EXPECT_EQ(SeasonLength(Of(Unit::kMonths, 5)), 1);
  EXPECT_EQ(SeasonLength(Of(Unit::kSeconds, 86400)), 7);
  EXPECT_EQ(SeasonLength(Of(Unit::kSeconds, 7 * 86400)), 52);
  EXPECT_EQ(SeasonLength(Of(Unit::kSeconds, 3600)), 24);
  EXPECT_EQ(SeasonLength(Of(Unit::kSeconds, 900)), 96);
  EXPECT_EQ(SeasonLength(Of(Unit::kSeconds, 50000)), 1);
  EXPECT_EQ(SeasonLength(Of(Unit::kWeekdays, 1)), 5);
  EXPECT_EQ(SeasonLength({}), 1);
}

TEST(FrequencyTest, UnitsReadBackAndTyposGetTheNearest) {
  for (const Unit unit : {Unit::kNone, Unit::kSeconds, Unit::kMonths,
                          Unit::kMonthEnds, Unit::kWeekdays}) {
    EXPECT_THAT(ParseFrequencyUnit(FrequencyUnitName(unit)),
                IsOkAndHolds(unit));
  }
  EXPECT_THAT(ParseFrequencyUnit("month"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("did you mean \"months\"?")));
}

}  // namespace
}  // namespace stagecoach
