#include "orchestrator/engine/step_queues.h"

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(StepQueuesTest, TheFirstToComeIsServedFirst) {
  StepQueues queues;
  queues.Push("train", {"a", 2});
  queues.Push("train", {"b", 2});
  EXPECT_EQ(queues.Front("train"), (StepRef{"a", 2}));
  queues.Remove({"a", 2});
  EXPECT_EQ(queues.Front("train"), (StepRef{"b", 2}));
}

TEST(StepQueuesTest, StagesDoNotWaitForEachOther) {
  StepQueues queues;
  queues.Push("train", {"a", 2});
  EXPECT_EQ(queues.Front("load"), std::nullopt);
  EXPECT_EQ(queues.Size("train"), 1);
  EXPECT_EQ(queues.Size("load"), 0);
}

TEST(StepQueuesTest, AStepStandsOnlyOnce) {
  StepQueues queues;
  queues.Push("train", {"a", 2});
  queues.Push("train", {"a", 2});
  EXPECT_EQ(queues.Size("train"), 1);
}

TEST(StepQueuesTest, AStepCanLeaveFromTheMiddle) {
  StepQueues queues;
  queues.Push("train", {"a", 2});
  queues.Push("train", {"b", 2});
  queues.Push("train", {"c", 2});
  queues.Remove({"b", 2});
  queues.Remove({"never", 0});
  queues.Remove({"a", 2});
  EXPECT_EQ(queues.Front("train"), (StepRef{"c", 2}));
  EXPECT_EQ(queues.Size("train"), 1);
}

}  // namespace
}  // namespace stagecoach
