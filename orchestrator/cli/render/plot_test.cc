#include "orchestrator/cli/render/plot.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Layout Wide(int width, bool unicode = true) {
  Layout layout;
  layout.width = width;
  layout.unicode = unicode;
  return layout;
}

PlotLine Rising(const std::string& name, Tone tone = Tone::kPlain) {
  return {name, {0, 1, 2, 3}, {0, 10, 20, 30}, tone};
}

TEST(PlotTest, DrawsInAsciiWhereThereIsNothingElse) {
  PlotOptions options;
  options.rows = 4;
  EXPECT_EQ(RenderPlot({Rising("loss")}, options, Wide(24, false)),
            "   * loss\n"
            "30+                ****\n"
            "  |          ******\n"
            "  |   *******\n"
            " 0+***\n"
            "  +--------------------\n"
            "   0                  3\n");
}

TEST(PlotTest, DrawsEightDotsACharacterInBraille) {
  PlotOptions options;
  options.rows = 2;
  const std::string plot = RenderPlot({Rising("loss")}, options, Wide(20));
  const std::vector<std::string> rows = absl::StrSplit(plot, '\n');
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_THAT(rows[0], HasSubstr("── loss"));
  EXPECT_THAT(rows[1], StartsWith("30┤"));
  EXPECT_THAT(rows[2], StartsWith(" 0┤⣀"));
  EXPECT_LE(DisplayWidth(rows[1]), 19);
}

TEST(PlotTest, IsNeverWiderThanTheTerminal) {
  for (const bool unicode : {true, false}) {
    for (int width : {24, 40, 80, 120}) {
      const std::string plot = RenderPlot({Rising("a long name"), Rising("b")},
                                          {}, Wide(width, unicode));
      ASSERT_NE(plot, "");
      for (const absl::string_view row : absl::StrSplit(plot, '\n')) {
        EXPECT_LE(DisplayWidth(row), width);
      }
    }
  }
}

TEST(PlotTest, HasNothingToSayWithoutValuesOrRoom) {
  EXPECT_EQ(RenderPlot({}, {}, Wide(80)), "");
  EXPECT_EQ(RenderPlot({{"loss", {0, 1}, {kNan, kNan}}}, {}, Wide(80)), "");
  EXPECT_EQ(RenderPlot({Rising("loss")}, {}, Wide(10)), "");
}

TEST(PlotTest, ALevelLineIsInTheMiddle) {
  PlotOptions options;
  options.rows = 3;
  EXPECT_THAT(RenderPlot({{"loss", {0, 1}, {4, 4}}}, options, Wide(24, false)),
              HasSubstr("\n |*******"));
}

TEST(PlotTest, WhatIsNotANumberInterruptsTheLine) {
  PlotOptions options;
  options.rows = 2;
  const std::string plot =
      RenderPlot({{"loss", {0, 1, 2, 3, 4}, {1, 1, kNan, 1, 2}}}, options,
                 Wide(24, false));
  EXPECT_THAT(plot, HasSubstr("****** "));
}

TEST(PlotTest, LinesKeepTheirColours) {
  Layout layout = Wide(40);
  layout.color = true;
  EXPECT_THAT(RenderPlot({Rising("loss", Tone::kGood)}, {}, layout),
              HasSubstr("\x1b[32m──\x1b[0m loss"));
}

}  // namespace
}  // namespace stagecoach
