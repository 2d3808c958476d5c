#include "orchestrator/cli/render/text_diff.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

std::string Diff(absl::string_view before, absl::string_view after) {
  return RenderTextDiff(before, after, /*context=*/1, {});
}

TEST(TextDiffTest, EqualTextsHaveNone) {
  EXPECT_EQ(Diff("", ""), "");
  EXPECT_EQ(Diff("a\nb\n", "a\nb\n"), "");
  EXPECT_EQ(Diff("a\nb", "a\nb\n"), "");
}

TEST(TextDiffTest, ShowsAChangeWithWhatIsAroundIt) {
  EXPECT_EQ(Diff("a\nb\nc\nd\ne\n", "a\nb\nC\nd\ne\n"),
            "@@ -2,3 +2,3 @@\n b\n-c\n+C\n d\n");
}

TEST(TextDiffTest, ChangesThatAreFarApartHaveHunksOfTheirOwn) {
  EXPECT_EQ(Diff("1\n2\n3\n4\n5\n6\n7\n8\n", "0\n1\n2\n3\n4\n5\n6\n8\n"),
            "@@ -1,1 +1,2 @@\n+0\n 1\n@@ -6,3 +7,2 @@\n 6\n-7\n 8\n");
}

TEST(TextDiffTest, ChangesThatAreNearShareAHunk) {
  EXPECT_EQ(Diff("1\n2\n3\n4\n5\n", "1\nx\n3\ny\n5\n"),
            "@@ -1,5 +1,5 @@\n 1\n-2\n+x\n 3\n-4\n+y\n 5\n");
}

TEST(TextDiffTest, OneSideMayBeEmpty) {
  EXPECT_EQ(Diff("", "a\nb\n"), "@@ -0,0 +1,2 @@\n+a\n+b\n");
  EXPECT_EQ(Diff("a\n", ""), "@@ -1,1 +0,0 @@\n-a\n");
}

TEST(TextDiffTest, HugeTextsAreReplacedInTheMiddle) {
  std::string before = "same\n";
  std::string after = "same\n";
  for (int i = 0; i < 3000; ++i) {
    absl::StrAppend(&before, "a", i, "\n");
    absl::StrAppend(&after, "b", i, "\n");
  }
  EXPECT_THAT(Diff(before, after), HasSubstr("@@ -1,3001 +1,3001 @@\n same\n"));
}

TEST(TextDiffTest, ColoursTellWhatGoesAndWhatComes) {
  EXPECT_THAT(RenderTextDiff("a", "b", 3, {80, true}),
              HasSubstr("\x1b[31m-a\x1b[0m\n\x1b[32m+b\x1b[0m\n"));
}

}  // namespace
}  // namespace stagecoach
