#include "services/load/load_stage.h"

#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/stagekit/stage_harness.h"
#include "services/common/torchfile/export.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// A table of `count` rows: t, value = 10 t.
std::string Table(int count) {
  std::string table = "t,value\n";
  for (int t = 0; t < count; ++t) absl::StrAppend(&table, t, ",", 10 * t, "\n");
  return table;
}

class LoadStageTest : public testing::Test {
 protected:
  LoadStage stage_;
  StageHarness harness_{stage_};
};

TEST_F(LoadStageTest, SplitsTheLastColumnByDefault) {
  harness_.GiveBytes("source", Table(20));
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputShape("train"), ElementsAre(14, 1));
  EXPECT_THAT(harness_.OutputShape("test"), ElementsAre(6, 1));
  EXPECT_THAT(harness_.OutputShape("forecast"), ElementsAre(4, 1));
  EXPECT_EQ(harness_.OutputFloats("train")[1], 10);
  EXPECT_THAT(harness_.OutputFloats("test"),
              ElementsAre(140, 150, 160, 170, 180, 190));
  EXPECT_THAT(harness_.OutputFloats("forecast"),
              ElementsAre(160, 170, 180, 190));
  EXPECT_EQ(harness_.Metric("rows"), 20);
}

TEST_F(LoadStageTest, TakesTheColumnProportionAndLookbackThatAreGiven) {
  harness_.GiveBytes("source", Table(10));
  harness_.SetString("column", "t");
  harness_.SetNumber("proportion", 0.5);
  harness_.SetInteger("lookback", 1);
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputFloats("train"), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(harness_.OutputFloats("forecast"), ElementsAre(9));
  EXPECT_EQ(harness_.OutputTensors("train").metadata().at("column"), "t");
}

TEST_F(LoadStageTest, TakesAColumnByIndex) {
  harness_.GiveBytes("source", Table(20));
  harness_.SetInteger("column", 0);
  ASSERT_OK(harness_.Run());
  EXPECT_EQ(harness_.OutputFloats("train")[1], 1);
}

TEST_F(LoadStageTest, KeepsSeveralColumnsAndTheTimeOfEveryRow) {
  std::string table = "month;a;b\n";
  for (int i = 0; i < 10; ++i) {
    absl::StrAppend(&table, "1949-", i < 9 ? "0" : "", i + 1, ";", i, ";",
                    10 * i, "\n");
  }
  harness_.GiveBytes("source", table);
  harness_.SetStringList("columns", {"b", "a"});
  harness_.SetString("timestamp_column", "month");
  harness_.SetString("split_date", "1949-07");
  harness_.SetInteger("lookback", 2);
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputShape("train"), ElementsAre(6, 2));
  EXPECT_THAT(harness_.OutputShape("test"), ElementsAre(4, 2));
  EXPECT_THAT(harness_.OutputFloats("forecast"), ElementsAre(80, 8, 90, 9));
  EXPECT_EQ(harness_.OutputTensors("train").metadata().at("columns"),
            R"(["b","a"])");
  EXPECT_THAT(harness_.OutputShape("timestamps"), ElementsAre(10));
}

TEST_F(LoadStageTest, WritesNoTimestampsWithoutTheirColumn) {
  harness_.GiveBytes("source", Table(20));
  ASSERT_OK(harness_.Run());
  EXPECT_FALSE(harness_.HasOutput("timestamps"));
}

TEST_F(LoadStageTest, TakesATensorOfSafetensorsOrPyTorch) {
  std::vector<float> values(20);
  std::iota(values.begin(), values.end(), 0.0f);
  const TensorView tensor = {
      "x",
      Dtype::kF32,
      {20},
      absl::string_view(reinterpret_cast<const char*>(values.data()), 80)};
  for (const TensorFormat format :
       {TensorFormat::kSafetensors, TensorFormat::kPt}) {
    const auto files =
        ExportTensors({tensor}, {}, format, TorchForm::kStateDict);
    ASSERT_OK(files);
    harness_.GiveBytes("source", files->front().bytes);
    ASSERT_OK(harness_.Run());
    EXPECT_THAT(harness_.OutputFloats("test"),
                ElementsAre(14, 15, 16, 17, 18, 19));
  }
}

TEST_F(LoadStageTest, RefusesTwoRulesForTheSplit) {
  harness_.GiveBytes("source", Table(20));
  harness_.SetInteger("test_rows", 5);
  harness_.SetString("split_date", "1950");
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kInvalidArgument,
                                       HasSubstr("set one of them")));
}

TEST_F(LoadStageTest, NamesTheInputOfABadFile) {
  harness_.GiveBytes("source", "t,value\n1,2\n3,x\n");
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("input 'source' (pvc://"),
                             HasSubstr("line 3 (row 2), column \"value\": "
                                       "\"x\" is not a number"))));
  EXPECT_FALSE(harness_.HasOutput("train"));
}

TEST_F(LoadStageTest, RefusesAMissingColumn) {
  harness_.GiveBytes("source", Table(20));
  harness_.SetString("column", "valeu");
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kInvalidArgument,
                                       HasSubstr("did you mean \"value\"?")));
}

TEST_F(LoadStageTest, RefusesALookbackLongerThanAPart) {
  harness_.GiveBytes("source", Table(20));
  harness_.SetInteger("lookback", 6);
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("leaves 6 for the test part; lookback 6 "
                                 "needs at least 7")));
}

TEST_F(LoadStageTest, RefusesProportionsOutsideTheirRange) {
  harness_.GiveBytes("source", Table(20));
  for (double proportion : {0.0, 1.0, 1.5, -0.1}) {
    harness_.SetNumber("proportion", proportion);
    EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kOutOfRange,
                                         HasSubstr("proportion")))
        << proportion;
  }
}

TEST_F(LoadStageTest, StopsInTheMidstOfALargeFile) {
  harness_.GiveBytes("source", Table(300'000));
  harness_.CancelAtProgress(1);
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(harness_.progress(), SizeIs(1));
  EXPECT_FALSE(harness_.HasOutput("train"));
}

}  // namespace
}  // namespace stagecoach
