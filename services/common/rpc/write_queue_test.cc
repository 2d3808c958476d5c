#include "services/common/rpc/write_queue.h"

#include <string>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

// Everything that waits, joined.
std::string Drain(WriteQueue<char>& queue) {
  std::string drained;
  for (char message = 0; queue.Pop(message);) drained += message;
  return drained;
}

TEST(WriteQueueTest, KeepsTheOrderOfBothKinds) {
  WriteQueue<char> queue({.newest = 4, .all = 4});
  EXPECT_TRUE(queue.Push('a', Keep::kAll));
  EXPECT_TRUE(queue.Push('b', Keep::kNewest));
  EXPECT_TRUE(queue.Push('c', Keep::kAll));
  EXPECT_EQ(Drain(queue), "abc");
  EXPECT_TRUE(queue.empty());
}

TEST(WriteQueueTest, DropsTheOldestOfThoseWhoseNewestMatter) {
  WriteQueue<char> queue({.newest = 2, .all = 4});
  queue.Push('A', Keep::kAll);
  for (const char message : {'1', '2', '3', '4'}) {
    EXPECT_TRUE(queue.Push(message, Keep::kNewest));
  }
  queue.Push('B', Keep::kAll);
  EXPECT_EQ(Drain(queue), "A34B");
}

TEST(WriteQueueTest, RefusesWhatMustBeKeptWhenItHasNoRoom) {
  WriteQueue<char> queue({.newest = 2, .all = 2});
  EXPECT_TRUE(queue.Push('a', Keep::kAll));
  EXPECT_TRUE(queue.Push('b', Keep::kAll));
  EXPECT_FALSE(queue.Push('c', Keep::kAll));
  EXPECT_TRUE(queue.Push('1', Keep::kNewest));
  EXPECT_EQ(Drain(queue), "ab1");
}

TEST(WriteQueueTest, PoppingAndClearingMakeRoomAgain) {
  WriteQueue<char> queue({.newest = 1, .all = 1});
  char message = 0;
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(queue.Push('a', Keep::kAll));
    EXPECT_FALSE(queue.Push('b', Keep::kAll));
    EXPECT_TRUE(queue.Pop(message));
  }
  queue.Push('c', Keep::kAll);
  queue.Clear();
  EXPECT_FALSE(queue.Pop(message));
  EXPECT_TRUE(queue.Push('d', Keep::kAll));
}

}  // namespace
}  // namespace stagecoach
