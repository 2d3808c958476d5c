#include "services/common/scaling/calendar.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

int64_t At(const std::string& text) {
  absl::CivilSecond civil;
  EXPECT_TRUE(absl::ParseLenientCivilTime(text, &civil)) << text;
  return absl::ToUnixSeconds(absl::FromCivil(civil, absl::UTCTimeZone()));
}

std::vector<float> Values(std::vector<CalendarFeature> features,
                          const std::string& time) {
  std::vector<float> values(features.size() * kValuesPerCalendarFeature);
  WriteCalendarValues(features, At(time), absl::MakeSpan(values));
  return values;
}

constexpr float kError = 1e-6f;

TEST(CalendarTest, TheCycleStartsAtAngleZero) {
  for (const CalendarFeature feature :
       {CalendarFeature::kMonth, CalendarFeature::kDayOfYear,
        CalendarFeature::kDayOfMonth, CalendarFeature::kHour}) {
    EXPECT_THAT(Values({feature}, "1951-01-01"),
                ElementsAre(FloatNear(0, kError), FloatNear(1, kError)))
        << CalendarFeatureName(feature);
  }
  // 1951 began on a Monday.
  EXPECT_THAT(Values({CalendarFeature::kDayOfWeek}, "1951-01-01"),
              ElementsAre(FloatNear(0, kError), FloatNear(1, kError)));
}

TEST(CalendarTest, AQuarterOfTheCycleIsARightAngle) {
  EXPECT_THAT(Values({CalendarFeature::kMonth}, "1960-04-30"),
              ElementsAre(FloatNear(1, kError), FloatNear(0, kError)));
  EXPECT_THAT(Values({CalendarFeature::kHour}, "1960-04-30T06:00:00"),
              ElementsAre(FloatNear(1, kError), FloatNear(0, kError)));
}

TEST(CalendarTest, MinutesCountWithinTheHour) {
  const float angle = 2 * 3.14159265f * 13.5f / 24;
  EXPECT_THAT(Values({CalendarFeature::kHour}, "2020-02-29T13:30:00"),
              ElementsAre(FloatNear(std::sin(angle), kError),
                          FloatNear(std::cos(angle), kError)));
}

TEST(CalendarTest, SeveralFeaturesStandInTheOrderAskedFor) {
  EXPECT_THAT(
      Values({CalendarFeature::kHour, CalendarFeature::kMonth}, "1960-04-01"),
      ElementsAre(FloatNear(0, kError), FloatNear(1, kError),
                  FloatNear(1, kError), FloatNear(0, kError)));
}

TEST(CalendarTest, NamesReadBackAndTyposGetTheNearest) {
  for (const absl::string_view name : CalendarFeatureNames()) {
    const auto feature = ParseCalendarFeature(name);
    ASSERT_OK(feature);
    EXPECT_EQ(CalendarFeatureName(*feature), name);
  }
  EXPECT_THAT(ParseCalendarFeature("day_of_weak"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("did you mean \"day_of_week\"?")));
}

}  // namespace
}  // namespace stagecoach
