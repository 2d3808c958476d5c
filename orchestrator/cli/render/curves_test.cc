#include "orchestrator/cli/render/curves.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Layout Ascii() {
  Layout layout;
  layout.width = 60;
  layout.unicode = false;
  return layout;
}

TEST(CurvesTest, EvaluationsAreDrawnOverTheirEpochs) {
  const History history{{"epoch", "rmse_train", "rmse_test"},
                        {{0, 233, 427}, {50, 204, 396}, {99, 181, 373}}};
  EXPECT_THAT(RenderEvaluationCurves(history, Ascii()),
              AllOf(StartsWith("    * rmse train  + rmse test\n427+++"),
                    HasSubstr("\n181+"), HasSubstr("epoch")));
}

TEST(CurvesTest, OneEvaluationIsNoCurve) {
  EXPECT_EQ(RenderEvaluationCurves({{"epoch", "rmse"}, {{0, 1}}}, Ascii()), "");
  EXPECT_EQ(RenderEvaluationCurves({{"rmse"}, {{1}, {2}}}, Ascii()), "");
}

TEST(CurvesTest, TheLossIsDrawnWithThatOfTheValidation) {
  EXPECT_THAT(
      RenderLossCurve(R"({"loss": [9, 5, 3], "validation_loss": [8, null, 4]})",
                      Ascii()),
      AllOf(HasSubstr("* loss  + validation loss"), HasSubstr("9+*"),
            HasSubstr("3+")));
}

TEST(CurvesTest, WhatIsNoHistoryHasNoCurve) {
  for (const char* json : {"", "{", "[]", "{}", R"({"loss": 3})",
                           R"({"loss": [1]})", R"({"loss": ["a", "b"]})"}) {
    EXPECT_EQ(RenderLossCurve(json, Ascii()), "") << json;
  }
}

}  // namespace
}  // namespace stagecoach
