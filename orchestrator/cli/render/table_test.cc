#include "orchestrator/cli/render/table.h"

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

Table SampleTable() {
  Table table(
      {{"NAME"}, {"N", Align::kRight}, {"TEXT", Align::kLeft, Overflow::kCut}});
  table.AddRow({{"load"}, {"12"}, {"reads a column of a file"}});
  table.AddRow({{"東京"}, {"3"}, {""}});
  return table;
}

TEST(TableTest, AlignsColumnsWithoutTrailingSpaces) {
  EXPECT_EQ(SampleTable().Render({}),
            "NAME   N  TEXT\n"
            "load  12  reads a column of a file\n"
            "東京   3\n");
}

TEST(TableTest, CutsOnlyFlexibleColumnsToFit) {
  EXPECT_EQ(SampleTable().Render({24, false}),
            "NAME   N  TEXT\n"
            "load  12  reads a colum…\n"
            "東京   3\n");
}

TEST(TableTest, DoesNotCutBelowWhatIsLegible) {
  EXPECT_EQ(SampleTable().Render({5, false}),
            "NAME   N  TEXT\n"
            "load  12  reads a…\n"
            "東京   3\n");
}

TEST(TableTest, WrapsWhereItMustNotLoseAnything) {
  Table table({{""}, {"", Align::kLeft, Overflow::kWrap}});
  table.AddRow({{"load"}, {"reads a column of a file"}});
  table.AddRow({{"train"}, {"trains"}});
  EXPECT_EQ(table.Render({24, false}),
            "load   reads a column of\n"
            "       a file\n"
            "train  trains\n");
}

TEST(TableTest, HasNoTitleLineWithoutTitles) {
  Table table({{""}, {""}}, /*indent=*/2);
  table.AddRow({{"a"}, {"b"}});
  EXPECT_EQ(table.Render({}), "  a  b\n");
}

TEST(TableTest, PaintsTextAndNotPadding) {
  Table table({{""}, {""}});
  table.AddRow({{"a", Tone::kGood}, {"x"}});
  table.AddRow({{"aaa"}, {"y"}});
  EXPECT_EQ(table.Render({0, true}), "\x1b[32ma\x1b[0m    x\naaa  y\n");
}

}  // namespace
}  // namespace stagecoach
