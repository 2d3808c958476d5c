#include "services/load/csv_dialect.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

TEST(CsvDialectTest, TheDelimiterIsTheMostFrequentInTheFirstLine) {
  EXPECT_EQ(FindDelimiter("a,b,c\n1;2;3;4;5\n", '\0'), ',');
  EXPECT_EQ(FindDelimiter("a;b;c,d\n", '\0'), ';');
  EXPECT_EQ(FindDelimiter("a\tb", '\0'), '\t');
  EXPECT_EQ(FindDelimiter("a|b|c", '\0'), '|');
  EXPECT_EQ(FindDelimiter("only\n1\n", '\0'), ',');
  EXPECT_EQ(FindDelimiter("", '\0'), ',');
}

TEST(CsvDialectTest, WhatStandsInQuotesDoesNotCount) {
  EXPECT_EQ(FindDelimiter("\"a,b,c\";\"d\"\n", '\0'), ';');
}

TEST(CsvDialectTest, BlankLinesAndCommentsAreNotTheFirstLine) {
  EXPECT_EQ(FindDelimiter("\n  \r\n# a,b,c\nx;y\n", '#'), ';');
  EXPECT_EQ(FindDelimiter("# a,b,c\n", '#'), ',');
}

TEST(CsvDialectTest, ADelimiterIsOneCharacterOrTab) {
  EXPECT_THAT(ParseDelimiter(";"), IsOkAndHolds(';'));
  EXPECT_THAT(ParseDelimiter("tab"), IsOkAndHolds('\t'));
  EXPECT_THAT(ParseDelimiter("\\t"), IsOkAndHolds('\t'));
  EXPECT_THAT(ParseDelimiter("\t"), IsOkAndHolds('\t'));
  EXPECT_THAT(ParseDelimiter(" "), IsOkAndHolds(' '));
  for (const char* const text :
       {"", "comma", ";;", "a", "1", "\"", ".", "-", "\n", "é"}) {
    EXPECT_THAT(ParseDelimiter(text),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("must be auto, tab, or one character")))
        << text;
  }
}

}  // namespace
}  // namespace stagecoach
