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

TEST(IdsTest, TimeOrderedIdsSortByTheSecondTheyWereMadeIn) {
  const absl::Time start = absl::FromUnixSeconds(1'577'836'800);
  EXPECT_EQ(TimeOrderedId(start, 10).substr(0, kIdTimeLength), "000000");
  EXPECT_EQ(TimeOrderedId(start + absl::Seconds(33), 1).substr(0, 6), "000011");
  std::string last;
  for (const int64_t seconds :
       {0, 1, 31, 32, 1023, 1024, 40'000'000, 190'000'000, 1'000'000'000}) {
    const std::string id = TimeOrderedId(start + absl::Seconds(seconds), 10);
    EXPECT_EQ(id.size(), kIdTimeLength + 10);
    EXPECT_LT(last, id) << seconds;
    last = id;
  }
}

TEST(IdsTest, TimeOrderedIdsOfOneInstantDiffer) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_NE(TimeOrderedId(now, 10), TimeOrderedId(now, 10));
}

}  // namespace
}  // namespace stagecoach
