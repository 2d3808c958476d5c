#include "services/load/csv_value.h"

#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

TEST(CsvValueTest, ParsesDecimalNumbers) {
  EXPECT_THAT(ParseCsvValue("112"), IsOkAndHolds(112.0f));
  EXPECT_THAT(ParseCsvValue(" -1.5\t"), IsOkAndHolds(-1.5f));
  EXPECT_THAT(ParseCsvValue("+2e3"), IsOkAndHolds(2000.0f));
  EXPECT_THAT(ParseCsvValue("0.1"), IsOkAndHolds(0.1f));
  EXPECT_THAT(ParseCsvValue("-0"), IsOkAndHolds(0.0f));
  EXPECT_THAT(ParseCsvValue("3.4028235e38"), IsOkAndHolds(3.4028235e38f));
}

TEST(CsvValueTest, RoundsOnceFromDecimalToFloat) {
  // Through a double first, this would round down to 1.
  EXPECT_THAT(ParseCsvValue("1.000000059604644775390626"),
              IsOkAndHolds(std::nextafter(1.0f, 2.0f)));
}

TEST(CsvValueTest, RefusesWhatIsNoNumber) {
  for (const char* text : {"abc", "12abc", "1,5", "0x10", "--1", "+-1", "1 2",
                           "+", "-", "1e", "1_000"}) {
    EXPECT_THAT(
        ParseCsvValue(text),
        StatusIs(absl::StatusCode::kFailedPrecondition,
                 HasSubstr(std::string("\"") + text + "\" is not a number")))
        << text;
  }
}

TEST(CsvValueTest, AMissingValueIsNan) {
  for (const char* text : {"", "  ", "\t", "NA", "n/a", "nan", "NaN", "-nan",
                           "NULL", "None", "#N/A", "<NA>", "?", " NA "}) {
    EXPECT_THAT(ParseCsvValue(text), IsOkAndHolds(testing::IsNan())) << text;
  }
}

TEST(CsvValueTest, TakesADecimalCommaIfToldSo) {
  EXPECT_THAT(ParseCsvValue("1,5", ','), IsOkAndHolds(1.5f));
  EXPECT_THAT(ParseCsvValue("-2", ','), IsOkAndHolds(-2.0f));
  EXPECT_THAT(ParseCsvValue("1.5", ','),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("says that a comma stands before")));
  EXPECT_THAT(ParseCsvValue("1,5"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("set parameter 'decimal' to comma")));
}

TEST(CsvValueTest, TellsNumbersFromNames) {
  EXPECT_TRUE(IsCsvNumber("112"));
  EXPECT_FALSE(IsCsvNumber("Passengers"));
  EXPECT_FALSE(IsCsvNumber(""));
}

TEST(CsvValueTest, RefusesValuesThatAreNotFinite) {
  for (const char* text : {"inf", "-Infinity", "+inf"}) {
    EXPECT_THAT(ParseCsvValue(text),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("\" is not a finite number")))
        << text;
  }
}

TEST(CsvValueTest, RefusesValuesTooLargeForAFloat) {
  for (const char* text : {"3.5e38", "-1e39", "+1e999"}) {
    EXPECT_THAT(ParseCsvValue(text),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("is too large for a 32-bit float")))
        << text;
  }
}

TEST(CsvValueTest, QuotesShortenedAndPrintable) {
  EXPECT_EQ(QuotedForMessage("a\tb"), "\"a\\tb\"");
  EXPECT_EQ(QuotedForMessage("\xFF"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(QuotedForMessage(std::string(1000, 'x')),
            "\"" + std::string(40, 'x') + "…\"");
}

}  // namespace
}  // namespace stagecoach
