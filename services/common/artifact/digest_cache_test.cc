#include "services/common/artifact/digest_cache.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::Eq;
using testing::Optional;

FileInfo Info(int64_t size, int64_t modified, uint64_t inode) {
  return {.kind = FileKind::kFile,
          .size_bytes = size,
          .modified = absl::FromUnixNanos(modified),
          .inode = inode};
}

TEST(DigestCacheTest, FindsWhatWasInserted) {
  DigestCache cache(2);
  cache.Insert("a", Info(1, 2, 3), "digest");
  EXPECT_THAT(cache.Find("a", Info(1, 2, 3)), Optional(Eq("digest")));
}

TEST(DigestCacheTest, AFileThatDiffersInAnythingIsAnother) {
  DigestCache cache(2);
  cache.Insert("a", Info(1, 2, 3), "digest");
  EXPECT_EQ(cache.Find("b", Info(1, 2, 3)), std::nullopt);
  EXPECT_EQ(cache.Find("a", Info(9, 2, 3)), std::nullopt);
  EXPECT_EQ(cache.Find("a", Info(1, 9, 3)), std::nullopt);
  EXPECT_EQ(cache.Find("a", Info(1, 2, 9)), std::nullopt);
}

TEST(DigestCacheTest, ForgetsWhatWasNotUsedForLongest) {
  DigestCache cache(2);
  cache.Insert("a", Info(1, 1, 1), "a");
  cache.Insert("b", Info(1, 1, 2), "b");
  EXPECT_THAT(cache.Find("a", Info(1, 1, 1)), Optional(Eq("a")));
  cache.Insert("c", Info(1, 1, 3), "c");
  EXPECT_THAT(cache.Find("a", Info(1, 1, 1)), Optional(Eq("a")));
  EXPECT_EQ(cache.Find("b", Info(1, 1, 2)), std::nullopt);
  EXPECT_THAT(cache.Find("c", Info(1, 1, 3)), Optional(Eq("c")));
}

TEST(DigestCacheTest, InsertingAgainReplaces) {
  DigestCache cache(1);
  cache.Insert("a", Info(1, 1, 1), "old");
  cache.Insert("a", Info(1, 1, 1), "new");
  EXPECT_THAT(cache.Find("a", Info(1, 1, 1)), Optional(Eq("new")));
}

}  // namespace
}  // namespace stagecoach
