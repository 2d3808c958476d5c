#include "orchestrator/cli/render/text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;

TEST(TextTest, PrintableTakesAwayPowerOverTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb\r\nc\td\x7f"), "a [31mb  c d ");
  EXPECT_EQ(Printable("\xC2\x9B"), " ");  // C1: CSI
  EXPECT_EQ(Printable("a\xE2\x80\xAE"
                      "b"),
            "a b");  // right-to-left override
}

TEST(TextTest, PrintableReplacesWhatIsNotUtf8) {
  EXPECT_EQ(Printable("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(Printable("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");  // overlong
  EXPECT_EQ(Printable("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");  // cut off
  EXPECT_EQ(Printable("\xED\xA0\x80"),
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
  EXPECT_EQ(Printable("Zürich 東京 🚂"), "Zürich 東京 🚂");
}

TEST(TextTest, AsciiKeepsWidthsAndEscapeSequences) {
  EXPECT_EQ(ToAscii("✓ load → train…"), "+ load > train~");
  EXPECT_EQ(ToAscii("\x1b[1mab\x1b[0m\n"), "\x1b[1mab\x1b[0m\n");
  EXPECT_EQ(ToAscii("Umsätze 日本"), "Ums?tze ????");
}

TEST(TextTest, WidthCountsColumns) {
  EXPECT_EQ(DisplayWidth(""), 0);
  EXPECT_EQ(DisplayWidth("Zürich"), 6);
  EXPECT_EQ(DisplayWidth("東京"), 4);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);  // e and a combining accent
  EXPECT_EQ(DisplayWidth("🚂"), 2);
  EXPECT_EQ(DisplayWidth("━╸─✓●○"), 6);
}

TEST(TextTest, TruncateNeverExceedsTheWidthNorSplitsACharacter) {
  EXPECT_EQ(Truncate("forecast", 8), "forecast");
  EXPECT_EQ(Truncate("forecast", 7), "foreca…");
  EXPECT_EQ(Truncate("東京都", 5), "東京…");
  EXPECT_EQ(Truncate("東京都", 4), "東…");
  EXPECT_EQ(Truncate("abc", 1), "…");
  EXPECT_EQ(Truncate("abc", 0), "");
}

TEST(TextTest, PaddingFillsColumnsNotBytes) {
  EXPECT_EQ(PadRight("ü", 3), "ü  ");
  EXPECT_EQ(PadLeft("東", 4), "  東");
  EXPECT_EQ(PadRight("long", 2), "long");
}

TEST(TextTest, WrapBreaksAtSpacesAndKeepsLongWords) {
  EXPECT_THAT(Wrap("one two three", 8), ElementsAre("one two", "three"));
  EXPECT_THAT(Wrap("a incomprehensible b", 5),
              ElementsAre("a", "incomprehensible", "b"));
  EXPECT_THAT(Wrap("x\ny", 10), ElementsAre("x", "y"));
}

TEST(TextTest, OneIsSingular) {
  EXPECT_EQ(Plural(1, "step"), "1 step");
  EXPECT_EQ(Plural(0, "step"), "0 steps");
}

}  // namespace
}  // namespace stagecoach
