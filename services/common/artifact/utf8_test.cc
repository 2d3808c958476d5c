#include "services/common/artifact/utf8.h"

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(Utf8Test, AcceptsTheFirstAndLastOfEachLength) {
  for (const char* text :
       {"", "\x01", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
        "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf", "a\xc3\xa9z"}) {
    EXPECT_TRUE(IsUtf8(text)) << PrintableText(text, 20);
  }
  EXPECT_TRUE(IsUtf8(absl::string_view("\0", 1)));
}

TEST(Utf8Test, RefusesMalformedSequences) {
  for (const char* text : {
           "\x80",              // continuation alone
           "\xc3",              // cut off
           "\xc3z",             // not continued
           "\xc0\x80",          // overlong NUL
           "\xc1\xbf",          // overlong
           "\xe0\x9f\xbf",      // overlong
           "\xf0\x8f\xbf\xbf",  // overlong
           "\xed\xa0\x80",      // surrogate
           "\xf4\x90\x80\x80",  // above U+10FFFF
           "\xf5\x80\x80\x80",  // above U+10FFFF
           "\xe2\x82",          // cut off
           "\xff",              // never a byte of UTF-8
       }) {
    EXPECT_FALSE(IsUtf8(text)) << PrintableText(text, 20);
  }
}

TEST(Utf8Test, PrintableTextEscapesAndCuts) {
  EXPECT_EQ(PrintableText("a\nb", 10), "a\\nb");
  EXPECT_EQ(PrintableText("größe", 20), "größe");
  EXPECT_EQ(PrintableText("\xff", 10), "\\377");
  EXPECT_EQ(PrintableText("abcdef", 3), "abc…");
  // "ö" is two bytes: it is not cut in half.
  EXPECT_EQ(PrintableText("gröe", 3), "gr…");
}

}  // namespace
}  // namespace stagecoach
