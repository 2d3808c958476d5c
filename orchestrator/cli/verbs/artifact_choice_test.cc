#include "orchestrator/cli/verbs/artifact_choice.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/text_proto.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

std::vector<v1::RecordedArtifact> Artifacts() {
  return {FromText<v1::RecordedArtifact>(
              R"pb(step: "a"
                   artifact { name: "weights" uri: "pvc://v/1" })pb"),
          FromText<v1::RecordedArtifact>(
              R"pb(step: "b"
                   artifact { name: "weights" uri: "pvc://v/2" })pb"),
          FromText<v1::RecordedArtifact>(
              R"pb(step: "b"
                   artifact { name: "history" uri: "pvc://v/3" })pb")};
}

TEST(ArtifactChoiceTest, ANameIsEnoughWhereItIsTheOnlyOne) {
  EXPECT_EQ(FindArtifact(Artifacts(), "history")->uri(), "pvc://v/3");
}

TEST(ArtifactChoiceTest, TheStepTellsEqualNamesApart) {
  EXPECT_THAT(FindArtifact(Artifacts(), "weights").status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("say which: a.weights, b.weights")));
  EXPECT_EQ(FindArtifact(Artifacts(), "b.weights")->uri(), "pvc://v/2");
}

TEST(ArtifactChoiceTest, AnUnknownNameGetsTheNearest) {
  EXPECT_THAT(FindArtifact(Artifacts(), "histroy").status(),
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("did you mean \"history\"?")));
  EXPECT_THAT(FindArtifact({}, "x").status(),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace stagecoach
