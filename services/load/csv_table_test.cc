#include "services/load/csv_table.h"

#include <algorithm>
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

absl::StatusOr<Series> Read(const std::string& bytes, SeriesOptions options,
                            const CsvDialect& dialect = {}) {
  const auto stream = StreamOf(bytes);
  EXPECT_OK(stream->Next(0));
  return ReadCsvSeries(*stream, dialect, options);
}

absl::StatusOr<Series> Read(const std::string& bytes, ColumnSelector column) {
  SeriesOptions options;
  options.column = std::move(column);
  return Read(bytes, options);
}

auto HoldsColumn(std::string name, std::vector<float> values) {
  return IsOkAndHolds(
      AllOf(Field("columns", &Series::columns, ElementsAre(name)),
            Field("values", &Series::values, values)));
}

auto Refuses(const std::string& message) {
  return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(message));
}

TEST(CsvTableTest, TakesAColumnByName) {
  EXPECT_THAT(Read(kTable, "Passengers"),
              HoldsColumn("Passengers", {112, 118, 132}));
}

TEST(CsvTableTest, TakesAColumnByIndexFromEitherEnd) {
  EXPECT_THAT(Read(kTable, 0), HoldsColumn("Month", {1, 2, 3}));
  EXPECT_THAT(Read(kTable, -2), HoldsColumn("Passengers", {112, 118, 132}));
  EXPECT_THAT(Read(kTable, -3), HoldsColumn("Month", {1, 2, 3}));
}

TEST(CsvTableTest, ComparesNamesWithoutBlanksAroundThem) {
  EXPECT_THAT(Read("a, b \n1, 2\n", "b"), HoldsColumn("b", {2}));
}

TEST(CsvTableTest, TakesAnotherDelimiter) {
  EXPECT_THAT(Read("a;b\n1;2\n", SeriesOptions(), {.delimiter = ';'}),
              HoldsColumn("b", {2}));
}

TEST(CsvTableTest, TakesQuotedNumbers) {
  EXPECT_THAT(Read("\"a\",\"b\"\n\"x,\ny\",\"2\"\n", "b"),
              HoldsColumn("b", {2}));
}

TEST(CsvTableTest, PassesOverBlankLinesAtTheEnd) {
  EXPECT_THAT(Read("a\n1\n\r\n \n\n", "a"), HoldsColumn("a", {1}));
}

TEST(CsvTableTest, SuggestsTheNearestNameAndListsTheColumns) {
  EXPECT_THAT(
      Read(kTable, "Pasengers"),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("column \"Pasengers\" does not exist; the file has "
                         "\"Month\", \"Passengers\", \"Note\"; did you mean "
                         "\"Passengers\"?")));
}

TEST(CsvTableTest, ListsAtMostTwentyColumns) {
  std::string header = "c0";
  for (int i = 1; i < 50; ++i) absl::StrAppend(&header, ",c", i);
  EXPECT_THAT(Read(header + "\n1\n", "wanted"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("\"c19\", …"),
                             testing::Not(HasSubstr("\"c20\"")))));
}

TEST(CsvTableTest, RefusesANameThatSeveralColumnsHave) {
  EXPECT_THAT(Read("a,a\n1,2\n", "a"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("several columns are called \"a\"")));
  EXPECT_THAT(Read("a,a\n1,2\n", 1), HoldsColumn("a", {2}));
}

TEST(CsvTableTest, SaysWhichIndexesThereAre) {
  for (int64_t index : {3, -4}) {
    EXPECT_THAT(
        Read(kTable, index),
        StatusIs(absl::StatusCode::kOutOfRange,
                 HasSubstr(absl::StrCat("column ", index,
                                        " does not exist: the file has 3 "
                                        "columns, 0 to 2 or -1 to -3"))));
  }
}

TEST(CsvTableTest, RefusesAnEmptyFile) {
  for (const char* bytes : {"", "\n", "\xEF\xBB\xBF", " \r\n"}) {
    EXPECT_THAT(Read(bytes, 0), Refuses("the file is empty"));
  }
}

TEST(CsvTableTest, RefusesAFileThatIsOnlyAHeader) {
  EXPECT_THAT(Read("a,b\n", 0), Refuses("there is only a header"));
}

TEST(CsvTableTest, RefusesABinaryFile) {
  const std::string bytes("\x7F\x45LF\x01\x00\x00\n", 8);
  EXPECT_THAT(Read(bytes, 0), Refuses("line 1 holds a NUL byte"));
}

TEST(CsvTableTest, RefusesARaggedRecordWithItsLineAndTheExpectedFields) {
  EXPECT_THAT(Read("a,b\n1,2\n3\n", 0),
              Refuses("line 3 has 1 field, but 2 are expected"));
  EXPECT_THAT(Read("a,b\n1,2,3\n", 0),
              Refuses("line 2 has 3 fields, but 2 are expected"));
}

TEST(CsvTableTest, PassesOverEmptyLinesOfATable) {
  EXPECT_THAT(Read("\r\na,b\r\n1,2\r\n\r\n3,4\r\n", "a"),
              HoldsColumn("a", {1, 3}));
}

TEST(CsvTableTest, AnEmptyLineInAFileOfOneColumnIsAMissingValue) {
  EXPECT_THAT(Read("a\n1\n\n2\n", "a"),
              Refuses("line 3 (row 2), column \"a\": the value is missing"));
}

TEST(CsvTableTest, PassesOverCommentsWhereThereMayBeSome) {
  EXPECT_THAT(
      Read("# x,y,z\na,b\n1,2\n#\n3,4\n", SeriesOptions(), {.comment = '#'}),
      HoldsColumn("b", {2, 4}));
  EXPECT_THAT(Read("# x\na,b\n1,2\n", 0),
              Refuses("line 2 has 2 fields, but 1 are expected, as in the "
                      "header; the header starts with #"));
}

TEST(CsvTableTest, TakesSeveralColumnsInTheOrderAskedFor) {
  const auto series =
      Read("a,b,c\n1,2,3\n4,5,6\n", {.columns = {"c", "0", "b"}});
  ASSERT_OK(series);
  EXPECT_THAT(series->columns, ElementsAre("c", "a", "b"));
  EXPECT_THAT(series->values, ElementsAre(3, 1, 2, 6, 4, 5));
  EXPECT_EQ(series->rows(), 2);
  EXPECT_THAT(Read("a,b\n1,2\n", {.columns = {"a", "0"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("column \"a\" is chosen twice")));
}

TEST(CsvTableTest, KeepsTimestamps) {
  const auto series = Read(
      "t,v\n1970-01-02,1\n1970-01-03,2\n",
      {.column = ColumnSelector("v"), .timestamp_column = ColumnSelector(0)});
  ASSERT_OK(series);
  EXPECT_THAT(series->timestamps, ElementsAre(86400, 172800));
  EXPECT_THAT(series->values, ElementsAre(1, 2));
}

TEST(CsvTableTest, RefusesTimestampsThatDoNotAscend) {
  const SeriesOptions options = {.timestamp_column = ColumnSelector("t")};
  EXPECT_THAT(Read("t,v\n1950,1\n1949,2\n", options),
              Refuses("line 3 (row 2): 1949-01-01 is not later than "
                      "1950-01-01 of the row before"));
  EXPECT_THAT(Read("t,v\n1950,1\n1950,2\n", options),
              Refuses("is not later than"));
  EXPECT_THAT(
      Read("t,v\n1950,1\n,2\n", options),
      Refuses("line 3 (row 2), column \"t\": the timestamp is missing"));
  EXPECT_THAT(Read("v,t\n1,2020\n", options),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("both for its values and as the timestamps")));
}

TEST(CsvTableTest, DropsOrFillsRowsThatLackAValue) {
  const std::string bytes = "a,b\n1,2\n,3\nNA,4\n5,\n6,7\n";
  const auto dropped =
      Read(bytes, {.columns = {"a", "b"}, .missing = MissingValues::kDrop});
  ASSERT_OK(dropped);
  EXPECT_THAT(dropped->values, ElementsAre(1, 2, 6, 7));
  EXPECT_EQ(dropped->dropped_rows, 3);
  const auto filled =
      Read(bytes, {.columns = {"a", "b"}, .missing = MissingValues::kForward});
  ASSERT_OK(filled);
  EXPECT_THAT(filled->values, ElementsAre(1, 2, 1, 3, 1, 4, 5, 4, 6, 7));
  EXPECT_EQ(filled->filled_values, 3);
}

TEST(CsvTableTest, RefusesAGapThatNothingCanFill) {
  EXPECT_THAT(Read("a\nNA\n1\n", {.missing = MissingValues::kForward}),
              Refuses("line 2 (row 1), column \"a\": the value is missing, and "
                      "there is none before it"));
  EXPECT_THAT(Read("a\nNA\nNA\n", {.missing = MissingValues::kDrop}),
              Refuses("none of the 2 rows is left"));
}

TEST(CsvTableTest, RefusesAHeaderThatIsARow) {
  EXPECT_THAT(Read("1,112\n2,118\n", -1),
              Refuses("calls column 1 \"112\", which is a number; is the "
                      "header missing?"));
  EXPECT_THAT(Read("1949,1950\n2,118\n", "1950"), HoldsColumn("1950", {118}));
}

TEST(CsvTableTest, RefusesLineEndsOfCrAlone) {
  EXPECT_THAT(Read("a,b\r1,2\r3,4\r", 0), Refuses("end with CR alone"));
}

TEST(CsvTableTest, ReadsTheSameInPartsOfAnySize) {
  // Gives `step` bytes more each time.
  class Dripping final : public ByteStream {
   public:
    Dripping(absl::string_view bytes, size_t step)
        : bytes_(bytes), step_(step) {}
    absl::Status Next(size_t keep) override {
      begin_ = end_ - keep;
      end_ = std::min(bytes_.size(), end_ + step_);
      return absl::OkStatus();
    }
    absl::string_view part() const override {
      return bytes_.substr(begin_, end_ - begin_);
    }
    bool at_end() const override { return end_ == bytes_.size(); }
    int64_t position(size_t unread) const override { return end_ - unread; }

   private:
    const absl::string_view bytes_;
    const size_t step_;
    size_t begin_ = 0;
    size_t end_ = 0;
  };
  const std::string bytes =
      "#c\r\na,\"b \"\"x\"\"\"\r\n\r\n\"1\",2\r\n#\r\n3,\"4\"\r\n\"\n5\",6";
  for (size_t step = 3; step < bytes.size() + 1; ++step) {
    Dripping stream(bytes, step);
    ASSERT_OK(stream.Next(0));
    const auto series =
        ReadCsvSeries(stream, {.comment = '#'}, {.columns = {"a", "b \"x\""}});
    ASSERT_OK(series) << step;
    EXPECT_THAT(series->values, ElementsAre(1, 2, 3, 4, 5, 6)) << step;
  }
}

TEST(CsvTableTest, NamesLineAndColumnOfABadValue) {
  EXPECT_THAT(
      Read(kTable, "Note"),
      Refuses("line 2 (row 1), column \"Note\": \"x\" is not a number"));
  EXPECT_THAT(Read("a,b\n1,2\n3,\n", "b"),
              Refuses("line 3 (row 2), column \"b\": the value is missing"));
}

TEST(CsvTableTest, ReadsManyRecords) {
  std::string bytes = "a,b\n";
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&bytes, "z,", i, "\n");
  std::vector<float> expected(100'000);
  std::iota(expected.begin(), expected.end(), 0.0f);
  EXPECT_THAT(Read(bytes, "b"), HoldsColumn("b", expected));
}

TEST(CsvTableTest, StopsWhenProgressSaysSo) {
  std::string bytes = "a\n";
  for (int i = 0; i < 2'000'000; ++i) absl::StrAppend(&bytes, i % 10, "\n");
  std::vector<int64_t> reports;
  SeriesOptions options;
  options.on_progress = [&reports](int64_t bytes_read) {
    reports.push_back(bytes_read);
    return reports.size() == 2 ? absl::CancelledError("stop")
                               : absl::OkStatus();
  };
  EXPECT_THAT(Read(bytes, options), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(reports, ElementsAre(1 << 20, 2 << 20));
}

}  // namespace
}  // namespace stagecoach
