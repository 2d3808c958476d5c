#include "orchestrator/cli/moments.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

// 2026-11-25 13:00 UTC.
const absl::Time kNow =
    absl::FromCivil(absl::CivilHour(2026, 11, 25, 13), absl::UTCTimeZone());

absl::Time Moment(absl::string_view text,
                  absl::TimeZone zone = absl::UTCTimeZone()) {
  const absl::StatusOr<absl::Time> time = ParseMoment(text, kNow, zone);
  EXPECT_OK(time) << text;
  return time.value_or(absl::InfinitePast());
}

TEST(MomentsTest, SpansHaveDaysAndWeeksToo) {
  EXPECT_EQ(ParseSpan("10s").value(), absl::Seconds(10));
  EXPECT_EQ(ParseSpan("1h30m").value(), absl::Minutes(90));
  EXPECT_EQ(ParseSpan("7d").value(), absl::Hours(168));
  EXPECT_EQ(ParseSpan("2w").value(), absl::Hours(336));
  EXPECT_EQ(ParseSpan("1w2d12h").value(), absl::Hours(9 * 24 + 12));
}

TEST(MomentsTest, WhatIsNoSpanIsRefused) {
  for (const char* text : {"", "soon", "10", "-10s", "0s", "0d", "d", "7days",
                           "inf", "7d-1h", "999999999999999999999d"}) {
    EXPECT_THAT(ParseSpan(text), StatusIs(absl::StatusCode::kInvalidArgument,
                                          HasSubstr("must be a duration")))
        << text;
  }
}

TEST(MomentsTest, AMomentIsHowLongAgoOrADate) {
  EXPECT_EQ(Moment("now"), kNow);
  EXPECT_EQ(Moment("2h"), kNow - absl::Hours(2));
  EXPECT_EQ(Moment("today"), kNow - absl::Hours(13));
  EXPECT_EQ(Moment("yesterday"), kNow - absl::Hours(37));
  EXPECT_EQ(Moment("2026-11-25"), kNow - absl::Hours(13));
  EXPECT_EQ(Moment("2026-11-25 12:30"), kNow - absl::Minutes(30));
  EXPECT_EQ(Moment("2026-11-25T12:30:00"), kNow - absl::Minutes(30));
  EXPECT_EQ(Moment("2026-11-25T12:30:00.5"),
            kNow - absl::Minutes(30) + absl::Milliseconds(500));
  EXPECT_EQ(Moment("2026-11-25T12:30:00+02:00"), kNow - absl::Minutes(150));
}

TEST(MomentsTest, ADateIsInTheZoneOfThePerson) {
  const absl::TimeZone zone = absl::FixedTimeZone(3600);
  EXPECT_EQ(Moment("2026-11-25", zone), kNow - absl::Hours(14));
  EXPECT_EQ(Moment("today", zone), kNow - absl::Hours(14));
}

TEST(MomentsTest, WhatIsNoMomentIsRefused) {
  for (const char* text : {"", "soon", "2026-13-01", "25.11.2026", "-2h"}) {
    EXPECT_THAT(ParseMoment(text, kNow, absl::UTCTimeZone()),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("must be how long ago")))
        << text;
  }
}

}  // namespace
}  // namespace stagecoach
