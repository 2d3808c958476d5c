#include "services/common/base/version.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::MatchesRegex;

TEST(VersionTest, VersionHasThreeNumbers) {
  EXPECT_THAT(std::string(Version()), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST(VersionTest, RevisionIsAGitRevisionOrSaysUnknown) {
  EXPECT_THAT(std::string(Revision()), MatchesRegex("[0-9a-f]{12}|unknown"));
}

TEST(VersionTest, BuildIdAddsTheDigestOfTheExecutable) {
  EXPECT_THAT(BuildId(), MatchesRegex("([0-9a-f]{12}|unknown)-[0-9a-f]{12}"));
}

}  // namespace
}  // namespace stagecoach
