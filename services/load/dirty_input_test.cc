// What people's files look like: each gives the one right result or the one
// right error.

#include <zlib.h>

#include <cmath>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/stagekit/stage_harness.h"
#include "services/load/load_stage.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

using Settings = std::function<void(StageHarness&)>;

struct Dirty {
  std::string name;
  std::string bytes;
  // Empty: it is refused.
  std::vector<float> values;
  // Part of the error.
  std::string message;
  Settings settings = [](StageHarness&) {};
};

std::ostream& operator<<(std::ostream& out, const Dirty& dirty) {
  return out << dirty.name;
}

Dirty Gives(
    std::string name, std::string bytes, std::vector<float> values,
    Settings settings = [](StageHarness&) {}) {
  return {std::move(name), std::move(bytes), std::move(values), "",
          std::move(settings)};
}

Dirty Refuses(
    std::string name, std::string bytes, std::string message,
    Settings settings = [](StageHarness&) {}) {
  return {std::move(name),
          std::move(bytes),
          {},
          std::move(message),
          std::move(settings)};
}

Settings Set(std::string parameter, std::string value) {
  return [=](StageHarness& harness) { harness.SetString(parameter, value); };
}

Settings Both(const Settings& a, const Settings& b) {
  return [=](StageHarness& harness) {
    a(harness);
    b(harness);
  };
}

const Settings kDrop = Set("missing", "drop");
const Settings kForward = Set("missing", "forward");
const Settings kTimes = Set("timestamp_column", "t");

std::string Gzip(const std::string& text) {
  std::string packed(text.size() + 1000, '\0');
  z_stream zlib = {};
  deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = text.size();
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = packed.size();
  deflate(&zlib, Z_FINISH);
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  return packed;
}

std::string Binary(const char* text, size_t size) { return {text, size}; }

class DirtyInputTest : public testing::TestWithParam<Dirty> {};

TEST_P(DirtyInputTest, GivesTheOneRightResultOrError) {
  LoadStage stage;
  StageHarness harness(stage);
  harness.SetInteger("lookback", 1);
  harness.SetInteger("test_rows", 2);
  GetParam().settings(harness);
  harness.GiveBytes("source", GetParam().bytes);
  const absl::Status status = harness.Run();
  if (!GetParam().message.empty()) {
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
    EXPECT_FALSE(harness.HasOutput("train"));
    return;
  }
  ASSERT_OK(status);
  std::vector<float> values = harness.OutputFloats("train");
  for (const float value : harness.OutputFloats("test")) {
    values.push_back(value);
  }
  EXPECT_THAT(values, ElementsAreArray(GetParam().values));
}

INSTANTIATE_TEST_SUITE_P(
    Written, DirtyInputTest,
    testing::ValuesIn(std::vector<Dirty>{
        Gives("Clean", "t,v\n1,10\n2,20\n3,30\n4,40\n", {10, 20, 30, 40}),
        Gives("Crlf", "t,v\r\n1,10\r\n2,20\r\n3,30\r\n4,40\r\n",
              {10, 20, 30, 40}),
        Gives("NoLineEndAtTheEnd", "v\n1\n2\n3\n4", {1, 2, 3, 4}),
        Gives("ByteOrderMark", "\xEF\xBB\xBFv\n1\n2\n3\n4\n", {1, 2, 3, 4},
              Set("column", "v")),
        Gives("ManyBlankLinesAtTheEnd", "v\n1\n2\n3\n4\n\n\r\n  \n\n",
              {1, 2, 3, 4}),
        Gives("EmptyLinesInATable", "t,v\n\n1,1\n\n\n2,2\n3,3\n4,4\n",
              {1, 2, 3, 4}),
        Gives("Comments", "# made by hand\nt,v\n1,1\n# gap\n2,2\n3,3\n4,4\n",
              {1, 2, 3, 4}, Set("comment", "#")),
        Gives("Semicolons", "t;v\n1;1\n2;2\n3;3\n4;4\n", {1, 2, 3, 4}),
        Gives("Tabs", "t\tv\n1\t1\n2\t2\n3\t3\n4\t4\n", {1, 2, 3, 4}),
        Gives("Bars", "t|v\n1|1\n2|2\n3|3\n4|4\n", {1, 2, 3, 4}),
        Gives("ColonsIfToldSo", "t:v\n1:1\n2:2\n3:3\n4:4\n", {1, 2, 3, 4},
              Set("delimiter", ":")),
        Gives("DecimalCommas", "t;v\n1;1,5\n2;2\n3;-3,25\n4;4\n",
              {1.5, 2, -3.25, 4}, Set("decimal", "comma")),
        Gives(
            "QuotedFields",
            "\"t\",\"v\"\n\"a,b\",\"1\"\n\"c\nd\",\"2\"\n\"\"\"\",3\n\"\",4\n",
            {1, 2, 3, 4}),
        Gives("BlanksAroundEverything", "t , v \n 1 , 1 \n2,\t2\n3, 3\n4 ,4\n",
              {1, 2, 3, 4}, Set("column", "v")),
        Gives("SignsAndExponents", "v\n+1\n-2e0\n.3e1\n4.\n", {1, -2, 3, 4}),
        Gives("Gzip", Gzip("v\n1\n2\n3\n4\n"), {1, 2, 3, 4}),
        Gives("GzipInTwoMembers", Gzip("v\n1\n2") + Gzip("\n3\n4\n"),
              {1, 2, 3, 4}),
        Gives("DroppedGaps", "t,v\n1,1\n2,\n3,NA\n4,2\n5,3\n6,4\n",
              {1, 2, 3, 4}, kDrop),
        Gives("FilledGaps", "t,v\n1,1\n2,\n3,nan\n4,2\n", {1, 1, 1, 2},
              kForward),
        Gives("NamesInOtherScripts", "t,größe 中\n1,1\n2,2\n3,3\n4,4\n",
              {1, 2, 3, 4}, Set("column", "größe 中")),
        Gives("TimesInAnyKnownForm",
              "t,v\nJan 1949,1\nFeb 1949,2\nMar 1949,3\nApr 1949,4\n",
              {1, 2, 3, 4}, kTimes),
        Gives("TimesWithADayFirst",
              "t,v\n30/01/1949,1\n31/01/1949,2\n01/02/1949,3\n02/02/1949,4\n",
              {1, 2, 3, 4}, Both(kTimes, Set("timestamp_format", "%d/%m/%Y"))),
    }),
    [](const auto& dirty) { return dirty.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Broken, DirtyInputTest,
    testing::ValuesIn(std::vector<Dirty>{
        Refuses("Empty", "", "the file is empty"),
        Refuses("OnlyBlankLines", "\n\r\n \n", "the file is empty"),
        Refuses("OnlyAHeader", "t,v\n", "there is only a header"),
        Refuses("NoHeader", "1,112\n2,118\n3,132\n4,129\n",
                "is the header missing?"),
        Refuses("MissingValue", "t,v\n1,1\n2,\n3,3\n",
                "line 3 (row 2), column \"v\": the value is missing; "
                "parameter 'missing' can drop such rows"),
        Refuses("Nan", "v\n1\nNaN\n3\n", "line 3 (row 2), column \"v\": the "),
        Refuses("EmptyLineInOneColumn", "v\n1\n\n3\n4\n", "line 3 (row 2)"),
        Refuses("GapAtTheStart", "v\n\n1\n2\n3\n",
                "there is none before it to carry forward", kForward),
        Refuses("NothingButGaps", "t,v\n1,\n2,NA\n", "none of the 2 rows is",
                kDrop),
        Refuses("Text", "v\n1\n2\nmany\n4\n",
                "line 4 (row 3), column \"v\": \"many\" is not a number"),
        Refuses("Unit", "v\n1 kg\n2 kg\n", "\"1 kg\" is not a number"),
        Refuses("Infinity", "v\n1\ninf\n", "\"inf\" is not a finite number"),
        Refuses("TooLarge", "v\n1\n1e39\n", "too large for a 32-bit float"),
        Refuses("GroupedDigits", "t;v\n1;1,234.5\n2;2\n", "is not a number"),
        Refuses("DecimalCommaNotAskedFor", "t;v\n1;1,5\n2;2\n",
                "set parameter 'decimal' to comma"),
        Refuses("TooFewFields", "t,v\n1,1\n2\n3,3\n",
                "line 3 has 1 field, but 2 are expected"),
        Refuses("TooManyFields", "t,v\n1,1\n2,2,\n3,3\n",
                "line 3 has 3 fields, but 2 are expected"),
        Refuses("QuoteThatIsNeverClosed", "t,v\n1,1\n\"2,2\n3,3\n",
                "line 3: a quoted field starts here and is never closed"),
        Refuses("TextAfterAQuote", "t,v\n\"1\"x,1\n",
                "text between a closing quote and the next delimiter"),
        Refuses("CommentsNotAskedFor", "# by hand\nt,v\n1,1\n2,2\n",
                "set parameter 'comment' to #"),
        Refuses("CrAlone", "t,v\r1,1\r2,2\r", "end with CR alone"),
        Refuses("TwoColumnsOfOneName", "v,v\n1,2\n3,4\n",
                "several columns are called \"v\"", Set("column", "v")),
        Refuses("MistypedColumn", "Month,Passengers\n1,1\n2,2\n3,3\n",
                "did you mean \"Passengers\"?", Set("column", "Pasengers")),
        Refuses("NulBytes", Binary("t,v\n1,\0\n", 8),
                "line 2 holds a NUL byte"),
        Refuses("Utf16", Binary("\xFF\xFEt\0,\0v\0\n\0", 10),
                "the file is UTF-16 text"),
        Refuses("Latin1Header",
                "t,gr\xF6\xDF"
                "e\n1,1\n2,2\n3,3\n",
                "is not UTF-8; save the file as UTF-8"),
        Refuses("CutGzip", Gzip("v\n1\n2\n3\n4\n").substr(0, 20),
                "the gzip data is cut off"),
        Refuses("GzipAndThenSomething", Gzip("v\n1\n2\n") + "v\n3\n",
                "something that is not gzip follows"),
        Refuses("Spreadsheet", "PK\x03\x04nothing of a spreadsheet's inside",
                "the ZIP archive is damaged or cut off"),
        Refuses("Parquet", "PAR1....PAR1", "the file is a Parquet file"),
        Refuses("TimesOutOfOrder", "t,v\n1950-02,1\n1950-01,2\n1950-03,3\n",
                "line 3 (row 2): 1950-01-01 is not later than 1950-02-01",
                kTimes),
        Refuses("TimesTwice", "t,v\n1950-01,1\n1950-01,2\n", "is not later",
                kTimes),
        Refuses("NoTime", "t,v\nfirst,1\nsecond,2\n",
                "line 2 (row 1), column \"t\": \"first\" is no time", kTimes),
        Refuses("DayThatIsNot", "t,v\n2021-02-28,1\n2021-02-29,2\n",
                "\"2021-02-29\" is no time in the format ISO 8601", kTimes),
        Refuses("TimeThatMayBeReadInTwoWays", "t,v\n1/2/1950,1\n",
                "may be read in several ways", kTimes),
        Refuses("TimesInTwoForms", "t,v\n1950-01,1\nFeb 1950,2\n",
                "\"Feb 1950\" is no time in the format ISO 8601", kTimes),
        Refuses("SplitDateWithoutTimes", "v\n1\n2\n3\n4\n",
                "'split_date' needs timestamps",
                [](StageHarness& harness) {
                  harness.SetInteger("test_rows", 0);
                  harness.SetString("split_date", "1950-01");
                }),
        Refuses("TooShort", "v\n1\n2\n3\n", "leaves 1 for the training part"),
    }),
    [](const auto& dirty) { return dirty.param.name; });

}  // namespace
}  // namespace stagecoach
