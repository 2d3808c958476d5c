#include "orchestrator/cli/render/preview.h"

#include <numeric>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

v1::Artifact OfType(v1::ArtifactType type) {
  v1::Artifact artifact;
  artifact.set_type(type);
  artifact.set_uri("pvc://artifacts/x");
  return artifact;
}

TEST(PreviewTest, ATensorIsToldByItsFirstAndLastElements) {
  std::vector<float> values(100);
  std::iota(values.begin(), values.end(), 112.0f);
  EXPECT_THAT(PreviewLine(OfType(v1::ARTIFACT_TYPE_TENSOR),
                          SampleTensorFile("train", {100, 1}, values)),
              IsOkAndHolds("112 113 114 115 … 208 209 210 211"));
  EXPECT_THAT(PreviewLine(OfType(v1::ARTIFACT_TYPE_TENSOR),
                          SampleTensorFile("y", {1, 1}, {52.126f})),
              IsOkAndHolds("52.13"));
}

TEST(PreviewTest, ATableOrTextIsToldByItsFirstLine) {
  EXPECT_THAT(PreviewLine(OfType(v1::ARTIFACT_TYPE_TABLE),
                          "Month,Passengers\r\n1949-01,112\r\n"),
              IsOkAndHolds("Month,Passengers"));
  EXPECT_THAT(PreviewLine(OfType(v1::ARTIFACT_TYPE_TEXT), ""),
              IsOkAndHolds(""));
}

TEST(PreviewTest, AHistoryIsToldByItsLastEvaluation) {
  EXPECT_THAT(PreviewLine(OfType(v1::ARTIFACT_TYPE_REPORT),
                          R"({"evaluations": [{"epoch": 0, "rmse_test": 427.2},
                                      {"epoch": 90, "rmse_test": 380.1}]})"),
              IsOkAndHolds("2 evaluations; last: epoch 90, rmse_test 380.1"));
}

TEST(PreviewTest, AReportIsToldByItsPlainValues) {
  EXPECT_THAT(PreviewLine(OfType(v1::ARTIFACT_TYPE_REPORT),
                          R"({"column": "Sales", "steps": 12, "by_step": [1, 2],
                      "accuracy": {"rmse": 2.5}, "beats_naive": true})"),
              IsOkAndHolds("column Sales, steps 12, beats_naive true"));
  EXPECT_THAT(PreviewLine(OfType(v1::ARTIFACT_TYPE_REPORT), R"({"a": 0, "b": 1,
                  "c": null, "d": 3, "e": 4, "f": 5, "g": 6})"),
              IsOkAndHolds("a 0, b 1, c null, d 3, e 4, f 5, …"));
}

TEST(PreviewTest, AReportWithoutPlainValuesIsToldByItsFirstLine) {
  EXPECT_THAT(PreviewLine(OfType(v1::ARTIFACT_TYPE_REPORT), "[1, 2]\n"),
              IsOkAndHolds("[1, 2]"));
  EXPECT_THAT(PreviewLine(OfType(v1::ARTIFACT_TYPE_REPORT), "{oops\nx"),
              IsOkAndHolds("{oops"));
}

TEST(PreviewTest, ADamagedTensorFileIsAnError) {
  EXPECT_THAT(PreviewLine(OfType(v1::ARTIFACT_TYPE_TENSOR), "not a tensor"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(PreviewTest, APageOfATensorHasItsRangeAndRows) {
  std::vector<float> values(40);
  std::iota(values.begin(), values.end(), 0.0f);
  EXPECT_THAT(PreviewPage(OfType(v1::ARTIFACT_TYPE_TENSOR),
                          SampleTensorFile("X", {10, 4, 1}, values), 20, {}),
              IsOkAndHolds("TENSOR  TYPE  SHAPE       MIN  MEAN  MAX\n"
                           "X       F32   [10, 4, 1]    0  19.5   39\n"
                           "\n"
                           "X\n"
                           "  0  0 1 2 3\n"
                           "  1  4 5 6 7\n"
                           "  2  8 9 10 11\n"
                           "     …\n"
                           "  7  28 29 30 31\n"
                           "  8  32 33 34 35\n"
                           "  9  36 37 38 39\n"));
}

TEST(PreviewTest, APageOfAnEmptyTensorHasNoNumbers) {
  EXPECT_THAT(
      PreviewPage(OfType(v1::ARTIFACT_TYPE_TENSOR),
                  SampleTensorFile("X", {0, 4}, {}), 20, {}),
      IsOkAndHolds(HasSubstr("X       F32   [0, 4]    -     -    -\n")));
}

TEST(PreviewTest, APageOfAReportIsIndentedJsonOrTheEvaluations) {
  EXPECT_THAT(
      PreviewPage(OfType(v1::ARTIFACT_TYPE_REPORT), R"({"a":[1]})", 20, {}),
      IsOkAndHolds("{\n  \"a\": [\n    1\n  ]\n}\n"));
  EXPECT_THAT(PreviewPage(OfType(v1::ARTIFACT_TYPE_REPORT),
                          R"({"evaluations": [{"epoch": 3}]})", 20, {}),
              IsOkAndHolds("EPOCH\n    3\n"));
}

TEST(PreviewTest, APageOfTextIsItsBeginningWithoutControlCharacters) {
  EXPECT_THAT(
      PreviewPage(OfType(v1::ARTIFACT_TYPE_TEXT), "a\n\x1b[2Jb\nc\nd", 3, {}),
      IsOkAndHolds("a\n [2Jb\nc\n…\n"));
}

}  // namespace
}  // namespace stagecoach
