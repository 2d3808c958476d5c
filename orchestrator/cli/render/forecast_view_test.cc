#include "orchestrator/cli/render/forecast_view.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::Eq;
using testing::HasSubstr;
using testing::Not;

constexpr char kTable[] =
    "index,timestamp,actual,fit,forecast,lower,upper\n"
    "0,2026-01-01,112,,,,\n"
    "1,2026-02-01,118,116.5,,,\n"
    "2,2026-03-01,132,127,,,\n"
    "3,2026-04-01,,,129.25,120,138.5\n"
    "4,2026-05-01,,,121,110,132\n";

Layout Ascii() {
  Layout layout;
  layout.width = 60;
  layout.unicode = false;
  return layout;
}

TEST(ForecastViewTest, ReadsWhatTheForecastStageWrites) {
  const auto rows = ParseForecast(kTable);
  ASSERT_TRUE(rows.has_value());
  ASSERT_EQ(rows->size(), 5u);
  EXPECT_EQ((*rows)[1].label, "2026-02-01");
  EXPECT_EQ((*rows)[1].fit, 116.5);
  EXPECT_TRUE(std::isnan((*rows)[1].forecast));
  EXPECT_EQ((*rows)[3].upper, 138.5);
}

TEST(ForecastViewTest, RowsWithoutTimestampsGoByTheirIndex) {
  const auto rows = ParseForecast("index,timestamp,actual,forecast\n7,,1,2\n");
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->front().label, "7");
}

TEST(ForecastViewTest, AnyOtherTableIsNoForecast) {
  for (const char* csv : {"", "a,b\n1,2\n", "index,forecast\n",
                          "index,forecast\n1\n", "index,forecast\n1,2,3\n"}) {
    EXPECT_THAT(ParseForecast(csv), Eq(std::nullopt)) << csv;
  }
}

TEST(ForecastViewTest, DrawsTheSeriesAndTellsTheForecast) {
  EXPECT_THAT(RenderForecast(*ParseForecast(kTable), Ascii()),
              AllOf(HasSubstr("* lower  + upper  o fit  x actual  # forecast"),
                    HasSubstr("2026-01-01"),
                    HasSubstr("\n\n              FORECAST  LOWER  UPPER\n"
                              "  2026-04-01    129.25    120  138.5\n"
                              "  2026-05-01       121    110    132\n")));
}

TEST(ForecastViewTest, LeavesOutWhatTheTableHasNot) {
  EXPECT_THAT(
      RenderForecast(*ParseForecast("index,actual,forecast\n0,1,\n1,,2\n"),
                     Ascii()),
      AllOf(HasSubstr("* actual  + forecast"), Not(HasSubstr("lower  "))));
}

}  // namespace
}  // namespace stagecoach
