#include "services/common/contract/artifact_types.h"

#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

TEST(ArtifactTypesTest, EveryTypeHasANameThatReadsBack) {
  for (int number = v1::ArtifactType_MIN; number <= v1::ArtifactType_MAX;
       ++number) {
    const auto type = static_cast<v1::ArtifactType>(number);
    if (type == v1::ARTIFACT_TYPE_UNSPECIFIED) continue;
    EXPECT_THAT(ParseArtifactType(ArtifactTypeName(type)), IsOkAndHolds(type));
  }
}

TEST(ArtifactTypesTest, EveryTypeThatAStageWritesHasAnExtension) {
  for (int number = v1::ArtifactType_MIN; number <= v1::ArtifactType_MAX;
       ++number) {
    const auto type = static_cast<v1::ArtifactType>(number);
    const bool written =
        type != v1::ARTIFACT_TYPE_UNSPECIFIED && type != v1::ARTIFACT_TYPE_FILE;
    EXPECT_EQ(ArtifactExtension(type).substr(0, 1), written ? "." : "")
        << number;
  }
}

TEST(ArtifactTypesTest, OnlyAFileTakesEveryType) {
  EXPECT_TRUE(TakesType(v1::ARTIFACT_TYPE_FILE, v1::ARTIFACT_TYPE_TABLE));
  EXPECT_TRUE(TakesType(v1::ARTIFACT_TYPE_FILE, v1::ARTIFACT_TYPE_FILE));
  EXPECT_FALSE(
      TakesType(v1::ARTIFACT_TYPE_FILE, v1::ARTIFACT_TYPE_UNSPECIFIED));
  EXPECT_TRUE(TakesType(v1::ARTIFACT_TYPE_TABLE, v1::ARTIFACT_TYPE_TABLE));
  EXPECT_FALSE(TakesType(v1::ARTIFACT_TYPE_TABLE, v1::ARTIFACT_TYPE_FILE));
  EXPECT_FALSE(TakesType(v1::ARTIFACT_TYPE_TENSOR, v1::ARTIFACT_TYPE_WEIGHTS));
}

TEST(ArtifactTypesTest, TypesUnknownToThisBuildHaveNoExtension) {
  EXPECT_EQ(ArtifactExtension(v1::ARTIFACT_TYPE_UNSPECIFIED), "");
  EXPECT_EQ(ArtifactExtension(static_cast<v1::ArtifactType>(99)), "");
  EXPECT_EQ(ArtifactTypeName(static_cast<v1::ArtifactType>(99)), "unspecified");
}

TEST(ArtifactTypesTest, OnlyTensorsAndWeightsAreSafetensors) {
  EXPECT_TRUE(HoldsTensors(v1::ARTIFACT_TYPE_TENSOR));
  EXPECT_TRUE(HoldsTensors(v1::ARTIFACT_TYPE_WEIGHTS));
  EXPECT_FALSE(HoldsTensors(v1::ARTIFACT_TYPE_TABLE));
}

TEST(ArtifactTypesTest, TheExtensionOfAFileSaysWhatItHolds) {
  EXPECT_EQ(ArtifactTypeOfFile("mine.csv"), v1::ARTIFACT_TYPE_TABLE);
  EXPECT_EQ(ArtifactTypeOfFile("x.safetensors"), v1::ARTIFACT_TYPE_TENSOR);
  EXPECT_EQ(ArtifactTypeOfFile("mine.csv.gz"), v1::ARTIFACT_TYPE_FILE);
  EXPECT_EQ(ArtifactTypeOfFile("README"), v1::ARTIFACT_TYPE_FILE);
}

TEST(ArtifactTypesTest, ATypoGetsTheNearestType) {
  EXPECT_THAT(ParseArtifactType("TENSOR"),
              IsOkAndHolds(v1::ARTIFACT_TYPE_TENSOR));
  EXPECT_THAT(ParseArtifactType("tensr"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("did you mean \"tensor\"?")));
}

}  // namespace
}  // namespace stagecoach
