#include "services/load/csv_scanner.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Record = std::vector<std::string>;

absl::StatusOr<std::vector<Record>> Scan(const std::string& bytes,
                                         char delimiter = ',') {
  CsvScanner scanner(bytes, delimiter);
  std::vector<Record> records;
  while (!scanner.OnlyBlanksLeft()) {
    Record record;
    absl::StatusOr<int64_t> count =
        scanner.NextRecord([&record](int64_t index, const CsvField& field) {
          EXPECT_EQ(index, static_cast<int64_t>(record.size()));
          record.push_back(field.Value());
        });
    if (!count.ok()) return count.status();
    EXPECT_EQ(*count, static_cast<int64_t>(record.size()));
    records.push_back(std::move(record));
  }
  return records;
}

TEST(CsvScannerTest, SplitsRecordsAndFields) {
  EXPECT_THAT(Scan("a,b\n1,\n,2"),
              IsOkAndHolds(ElementsAre(Record{"a", "b"}, Record{"1", ""},
                                       Record{"", "2"})));
}

TEST(CsvScannerTest, TheQuickWayReadsPlainRecordsAlone) {
  CsvScanner scanner("a,bb,c\r\n1,,3\n\"x\",y\n\nlast,one", ',');
  const std::vector<int64_t> wanted = {1, 2};
  std::vector<absl::string_view> texts(2);
  EXPECT_EQ(scanner.NextPlainRecord(wanted, absl::MakeSpan(texts)), 3);
  EXPECT_THAT(texts, ElementsAre("bb", "c"));
  EXPECT_EQ(scanner.NextPlainRecord(wanted, absl::MakeSpan(texts)), 3);
  EXPECT_THAT(texts, ElementsAre("", "3"));
  EXPECT_EQ(scanner.line(), 2);
  EXPECT_EQ(scanner.NextPlainRecord(wanted, absl::MakeSpan(texts)), 0);
  ASSERT_OK(scanner.NextRecord([](int64_t, const CsvField&) {}));
  EXPECT_EQ(scanner.NextPlainRecord(wanted, absl::MakeSpan(texts)), 1);
  EXPECT_EQ(scanner.line(), 4);
  // The last line has no end.
  EXPECT_EQ(scanner.NextPlainRecord(wanted, absl::MakeSpan(texts)), 0);
  EXPECT_EQ(scanner.unread(), "last,one");
}

TEST(CsvScannerTest, BothWaysReadTheSameFieldsOfAnyLength) {
  std::string bytes;
  for (int length = 0; length < 200; ++length) {
    bytes +=
        std::string(length, 'x') + "," + std::string(length / 3, 'y') + "\n";
  }
  CsvScanner quick(bytes, ',');
  CsvScanner slow(bytes, ',');
  const std::vector<int64_t> wanted = {0, 1};
  while (!slow.OnlyBlanksLeft()) {
    std::vector<absl::string_view> texts(2);
    std::vector<absl::string_view> expected;
    ASSERT_EQ(quick.NextPlainRecord(wanted, absl::MakeSpan(texts)), 2);
    ASSERT_OK(slow.NextRecord([&](int64_t, const CsvField& field) {
      expected.push_back(field.text);
    }));
    ASSERT_EQ(texts, expected);
    ASSERT_EQ(quick.position(), slow.position());
  }
}

TEST(CsvScannerTest, TakesCrlfAsALineEnd) {
  EXPECT_THAT(Scan("a,b\r\n\"1\",2\r\n3,\"4\"\r\n"),
              IsOkAndHolds(ElementsAre(Record{"a", "b"}, Record{"1", "2"},
                                       Record{"3", "4"})));
}

TEST(CsvScannerTest, KeepsACarriageReturnWithinAField) {
  EXPECT_THAT(Scan("a\rb,c\n"), IsOkAndHolds(ElementsAre(Record{"a\rb", "c"})));
}

TEST(CsvScannerTest, PassesOverAByteOrderMark) {
  EXPECT_THAT(Scan("\xEF\xBB\xBF"
                   "a,b\n"),
              IsOkAndHolds(ElementsAre(Record{"a", "b"})));
}

TEST(CsvScannerTest, QuotedFieldsHoldDelimitersLineFeedsAndQuotes) {
  EXPECT_THAT(Scan("\"a,b\",\"c\nd\",\"say \"\"hi\"\"\",\"\"\nx\n"),
              IsOkAndHolds(ElementsAre(Record{"a,b", "c\nd", "say \"hi\"", ""},
                                       Record{"x"})));
}

TEST(CsvScannerTest, AQuoteInsideAnUnquotedFieldIsAnOrdinaryCharacter) {
  EXPECT_THAT(Scan("5\" pipe,a\"\"b\n"),
              IsOkAndHolds(ElementsAre(Record{"5\" pipe", "a\"\"b"})));
}

TEST(CsvScannerTest, SplitsAtAnotherDelimiter) {
  EXPECT_THAT(Scan("a;b,c\n", ';'),
              IsOkAndHolds(ElementsAre(Record{"a", "b,c"})));
}

TEST(CsvScannerTest, CountsLinesInsideQuotedFields) {
  CsvScanner scanner("h\n\"1\n2\n3\"\nx\n", ',');
  const auto ignore = [](int64_t, const CsvField&) {};
  std::vector<int64_t> lines;
  while (!scanner.OnlyBlanksLeft()) {
    ASSERT_OK(scanner.NextRecord(ignore));
    lines.push_back(scanner.line());
  }
  EXPECT_THAT(lines, ElementsAre(1, 2, 5));
  EXPECT_EQ(scanner.next_line(), 6);
}

TEST(CsvScannerTest, RefusesAQuoteThatIsNeverClosed) {
  EXPECT_THAT(Scan("a,b\n1,\"2\n3,4\n"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("line 2: a quoted field starts here and is "
                                 "never closed")));
}

TEST(CsvScannerTest, RefusesTextAfterAClosingQuote) {
  EXPECT_THAT(Scan("a\n\"1\"2\n"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("line 2: there is text between")));
  EXPECT_THAT(Scan("a\n\"1\"2"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Scan("a\n\"1\"\"\"2\"\n"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(CsvScannerTest, RefusesNulBytesInsideAndOutsideQuotes) {
  for (const char* start : {"a\nb", "a\n\"b", "a\n\"b\""}) {
    const std::string bytes = std::string(start) + '\0' + ",c\n";
    EXPECT_THAT(Scan(bytes), StatusIs(absl::StatusCode::kFailedPrecondition,
                                      HasSubstr("line 2 holds a NUL byte")))
        << start;
  }
}

// The scanner looks at 64 bytes at a time; what it finds may not depend on
// where in a block it stands.
TEST(CsvScannerTest, FindsTheSameAtEveryOffsetOfABlock) {
  for (size_t padding = 0; padding < 130; ++padding) {
    const std::string pad(padding, 'p');
    EXPECT_THAT(Scan(pad + ",\"q,\"\"\n\",\r\n1,2,3\r\n"),
                IsOkAndHolds(ElementsAre(Record{pad, "q,\"\n", ""},
                                         Record{"1", "2", "3"})))
        << padding;
  }
}

}  // namespace
}  // namespace stagecoach
