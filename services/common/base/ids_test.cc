#include "services/common/base/ids.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(IdsTest, MapsTheLowFiveBitsOfEachByteToTheAlphabet) {
  EXPECT_EQ(IdFromBytes({0, 1, 25, 26, 31, 32, 255}), "abz27a7");
}

TEST(IdsTest, RandomIdHasTheLengthAskedForAndOnlyTheAlphabet) {
  const std::string id = RandomId(256);
  EXPECT_EQ(id.size(), 256u);
  EXPECT_EQ(id.find_first_not_of(kIdAlphabet.data(), 0, kIdAlphabet.size()),
            std::string::npos);
}

TEST(IdsTest, RandomIdsDoNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(RandomId(12));
  EXPECT_EQ(seen.size(), 10'000u);
}

}  // namespace
}  // namespace stagecoach
