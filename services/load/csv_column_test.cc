#include "services/load/csv_column.h"

#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

constexpr char kTable[] = "Month,Passengers,Note\n1,112,x\n2,118,\n3,132,z\n";

auto HoldsColumn(std::string name, std::vector<float> values) {
  return IsOkAndHolds(AllOf(Field("name", &CsvColumn::name, name),
                            Field("values", &CsvColumn::values, values)));
}

auto Refuses(const std::string& message) {
  return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(message));
}

TEST(CsvColumnTest, TakesAColumnByName) {
  EXPECT_THAT(ReadCsvColumn(kTable, "Passengers"),
              HoldsColumn("Passengers", {112, 118, 132}));
}

TEST(CsvColumnTest, TakesAColumnByIndexFromEitherEnd) {
  EXPECT_THAT(ReadCsvColumn(kTable, 0), HoldsColumn("Month", {1, 2, 3}));
  EXPECT_THAT(ReadCsvColumn(kTable, -2),
              HoldsColumn("Passengers", {112, 118, 132}));
  EXPECT_THAT(ReadCsvColumn(kTable, -3), HoldsColumn("Month", {1, 2, 3}));
}

TEST(CsvColumnTest, ComparesNamesWithoutBlanksAroundThem) {
  EXPECT_THAT(ReadCsvColumn("a, b \n1, 2\n", "b"), HoldsColumn("b", {2}));
}

TEST(CsvColumnTest, TakesAnotherDelimiter) {
  EXPECT_THAT(ReadCsvColumn("a;b\n1;2\n", "b", {.delimiter = ';'}),
              HoldsColumn("b", {2}));
}

TEST(CsvColumnTest, TakesQuotedNumbers) {
  EXPECT_THAT(ReadCsvColumn("\"a\",\"b\"\n\"x,\ny\",\"2\"\n", "b"),
              HoldsColumn("b", {2}));
}

TEST(CsvColumnTest, PassesOverBlankLinesAtTheEnd) {
  EXPECT_THAT(ReadCsvColumn("a\n1\n\r\n \n\n", "a"), HoldsColumn("a", {1}));
}

TEST(CsvColumnTest, SuggestsTheNearestNameAndListsTheColumns) {
  EXPECT_THAT(
      ReadCsvColumn(kTable, "Pasengers"),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("column \"Pasengers\" does not exist; the file has "
                         "\"Month\", \"Passengers\", \"Note\"; did you mean "
                         "\"Passengers\"?")));
}

TEST(CsvColumnTest, ListsAtMostTwentyColumns) {
  std::string header = "c0";
  for (int i = 1; i < 50; ++i) absl::StrAppend(&header, ",c", i);
  EXPECT_THAT(ReadCsvColumn(header + "\n1\n", "wanted"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("\"c19\", …"),
                             testing::Not(HasSubstr("\"c20\"")))));
}

TEST(CsvColumnTest, RefusesANameThatSeveralColumnsHave) {
  EXPECT_THAT(ReadCsvColumn("a,a\n1,2\n", "a"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("several columns are called \"a\"")));
  EXPECT_THAT(ReadCsvColumn("a,a\n1,2\n", 1), HoldsColumn("a", {2}));
}

TEST(CsvColumnTest, SaysWhichIndexesThereAre) {
  for (int64_t index : {3, -4}) {
    EXPECT_THAT(
        ReadCsvColumn(kTable, index),
        StatusIs(absl::StatusCode::kOutOfRange,
                 HasSubstr(absl::StrCat("column ", index,
                                        " does not exist: the file has 3 "
                                        "columns, 0 to 2 or -1 to -3"))));
  }
}

TEST(CsvColumnTest, RefusesAnEmptyFile) {
  for (const char* bytes : {"", "\n", "\xEF\xBB\xBF", " \r\n"}) {
    EXPECT_THAT(ReadCsvColumn(bytes, 0), Refuses("the file is empty"));
  }
}

TEST(CsvColumnTest, RefusesAFileThatIsOnlyAHeader) {
  EXPECT_THAT(ReadCsvColumn("a,b\n", 0), Refuses("there is only a header"));
}

TEST(CsvColumnTest, RefusesABinaryFile) {
  const std::string bytes("\x7F\x45LF\x01\x00\x00\n", 8);
  EXPECT_THAT(ReadCsvColumn(bytes, 0), Refuses("line 1 holds a NUL byte"));
}

TEST(CsvColumnTest, RefusesARaggedRecordWithItsLineAndTheExpectedFields) {
  EXPECT_THAT(ReadCsvColumn("a,b\n1,2\n3\n", 0),
              Refuses("line 3 has 1 field, but 2 are expected"));
  EXPECT_THAT(ReadCsvColumn("a,b\n1,2,3\n", 0),
              Refuses("line 2 has 3 fields, but 2 are expected"));
}

TEST(CsvColumnTest, RefusesAnEmptyLineInTheMidst) {
  EXPECT_THAT(ReadCsvColumn("a\n1\n\n2\n", 0), Refuses("line 3 is empty"));
  EXPECT_THAT(ReadCsvColumn("a,b\r\n1,2\r\n\r\n3,4\r\n", 0),
              Refuses("line 3 is empty"));
}

TEST(CsvColumnTest, NamesLineAndColumnOfABadValue) {
  EXPECT_THAT(ReadCsvColumn(kTable, "Note"),
              Refuses("line 2, column \"Note\": \"x\" is not a number"));
  EXPECT_THAT(ReadCsvColumn("a,b\n1,2\n3,\n", "b"),
              Refuses("line 3, column \"b\": the value is missing"));
}

TEST(CsvColumnTest, ReadsManyRecords) {
  std::string bytes = "a,b\n";
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&bytes, "z,", i, "\n");
  std::vector<float> expected(100'000);
  std::iota(expected.begin(), expected.end(), 0.0f);
  EXPECT_THAT(ReadCsvColumn(bytes, "b"), HoldsColumn("b", expected));
}

TEST(CsvColumnTest, StopsWhenProgressSaysSo) {
  std::string bytes = "a\n";
  for (int i = 0; i < 2'000'000; ++i) absl::StrAppend(&bytes, i % 10, "\n");
  std::vector<int64_t> reports;
  CsvOptions options;
  options.on_progress = [&reports](int64_t bytes_read) {
    reports.push_back(bytes_read);
    return reports.size() == 2 ? absl::CancelledError("stop")
                               : absl::OkStatus();
  };
  EXPECT_THAT(ReadCsvColumn(bytes, 0, options),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(reports, ElementsAre(1 << 20, 2 << 20));
}

}  // namespace
}  // namespace stagecoach
