#include "services/load/timestamp.h"

#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::StatusOr<int64_t> Parse(const std::string& text,
                              const std::string& format = "auto") {
  auto parser = TimestampParser::Create(format);
  if (!parser.ok()) return parser.status();
  return parser->Parse(text);
}

int64_t At(int year, int month, int day, int hour = 0, int minute = 0,
           int second = 0) {
  return absl::ToUnixSeconds(
      absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second),
                      absl::UTCTimeZone()));
}

auto Refuses(const std::string& message) {
  return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(message));
}

TEST(TimestampTest, ReadsWhatPeopleWrite) {
  const struct {
    const char* text;
    int64_t time;
  } cases[] = {
      {"1949-02", At(1949, 2, 1)},
      {" 1949-02-28 ", At(1949, 2, 28)},
      {"1949", At(1949, 1, 1)},
      {"1949/02", At(1949, 2, 1)},
      {"1949/02/28", At(1949, 2, 28)},
      {"2020-02-29T12:34:56", At(2020, 2, 29, 12, 34, 56)},
      {"2020-02-29 12:34", At(2020, 2, 29, 12, 34)},
      {"2020-02-29T12:34:56.789Z", At(2020, 2, 29, 12, 34, 56)},
      {"2020-02-29T12:34:56+01:30", At(2020, 2, 29, 11, 4, 56)},
      {"2020-02-29 00:00:00-0500", At(2020, 2, 29, 5)},
      {"2016-12-31T23:59:60Z", At(2016, 12, 31, 23, 59, 59)},
      {"1949-Q3", At(1949, 7, 1)},
      {"1949Q1", At(1949, 1, 1)},
      {"19490228", At(1949, 2, 28)},
      {"28.02.1949", At(1949, 2, 28)},
      {"28.02.1949 13:00", At(1949, 2, 28, 13)},
      {"Feb 1949", At(1949, 2, 1)},
      {"February 1949", At(1949, 2, 1)},
      {"Feb-1949", At(1949, 2, 1)},
      {"28 Feb 1949", At(1949, 2, 28)},
      {"28-Feb-1949", At(1949, 2, 28)},
      {"Feb 28, 1949", At(1949, 2, 28)},
  };
  for (const auto& [text, time] : cases) {
    EXPECT_THAT(Parse(text), IsOkAndHolds(time)) << text;
  }
}

TEST(TimestampTest, ReadsTheFormatThatIsGiven) {
  EXPECT_THAT(Parse("02/28/1949", "%m/%d/%Y"), IsOkAndHolds(At(1949, 2, 28)));
  EXPECT_THAT(Parse("28/02/49 06h", "%d/%m/%y %Hh"),
              IsOkAndHolds(At(2049, 2, 28, 6)));
  EXPECT_THAT(Parse("1583020800", "unix"), IsOkAndHolds(1583020800));
  EXPECT_THAT(Parse("-1500", "unix_ms"), IsOkAndHolds(-2));
  EXPECT_THAT(Parse("1583020800123", "unix_ms"), IsOkAndHolds(1583020800));
}

TEST(TimestampTest, RefusesWhatIsNoTime) {
  for (const char* const text :
       {"112", "x", "1949-13", "1949-02-30", "1949-2", "2020-02-29T25:00",
        "1949-Q5", "19491301", "30.02.1949", "infinite-future", "1949-02-"}) {
    EXPECT_THAT(Parse(text), Refuses("is no time that is known")) << text;
  }
  EXPECT_THAT(Parse(""), Refuses("the timestamp is missing"));
  EXPECT_THAT(Parse("x", "unix"), Refuses("no time in the format unix"));
}

TEST(TimestampTest, AsksWhenTheOrderOfDayAndMonthIsNotKnown) {
  for (const char* const text : {"01/02/1949", "1/2/1949", "01-02-1949"}) {
    EXPECT_THAT(Parse(text),
                Refuses("may be read in several ways; set parameter "
                        "'timestamp_format', e.g. to %m/%d/%Y"))
        << text;
  }
}

TEST(TimestampTest, TheFirstTextSettlesTheFormatOfTheColumn) {
  auto parser = TimestampParser::Create("auto");
  ASSERT_OK(parser);
  ASSERT_OK(parser->Parse("Feb 1949"));
  ASSERT_OK(parser->Parse("Mar 1949"));
  EXPECT_THAT(parser->Parse("1949-04"),
              Refuses("\"1949-04\" is no time in the format %b %Y, which is "
                      "that of the column"));
}

TEST(TimestampTest, RefusesAFormatThatIsNone) {
  for (const char* const format : {"", "iso", "dd/mm/yyyy"}) {
    EXPECT_THAT(TimestampParser::Create(format),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("'timestamp_format' is"),
                               HasSubstr("such as %d/%m/%Y"))));
  }
}

TEST(TimestampTest, MessagesShowTheClockOnlyIfThereIsOne) {
  EXPECT_EQ(TimestampText(At(1949, 2, 1)), "1949-02-01");
  EXPECT_EQ(TimestampText(At(1949, 2, 1, 12)), "1949-02-01T12:00:00Z");
}

}  // namespace
}  // namespace stagecoach
