#include "orchestrator/engine/step_queues.h"

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

const absl::Time kReady = absl::FromUnixSeconds(1'700'000'000);

TEST(StepQueuesTest, TheFirstToComeIsServedFirst) {
  StepQueues queues;
  queues.Push("train", {"a", 2}, 0, kReady);
  queues.Push("train", {"b", 2}, 0, kReady);
  EXPECT_EQ(queues.Front("train"), (StepRef{"a", 2}));
  queues.Remove({"a", 2});
  EXPECT_EQ(queues.Front("train"), (StepRef{"b", 2}));
}

TEST(StepQueuesTest, AHigherPriorityGoesFirst) {
  StepQueues queues;
  queues.Push("train", {"low", 0}, -1, kReady);
  queues.Push("train", {"usual", 0}, 0, kReady);
  queues.Push("train", {"high", 0}, 7, kReady);
  for (const char* run : {"high", "usual", "low"}) {
    EXPECT_EQ(queues.Front("train"), (StepRef{run, 0}));
    queues.Remove({run, 0});
  }
}

TEST(StepQueuesTest, AmongEqualsTheOneGoesFirstThatHasBeenReadyForLongest) {
  StepQueues queues;
  queues.Push("train", {"late", 0}, 0, kReady + absl::Seconds(1));
  // E.g. its replica was lost: it gets its old place back.
  queues.Push("train", {"early", 0}, 0, kReady);
  EXPECT_EQ(queues.Front("train"), (StepRef{"early", 0}));
}

TEST(StepQueuesTest, TheLongestWaitMayBeOneOfLowPriority) {
  StepQueues queues;
  EXPECT_EQ(queues.OldestReady("train"), std::nullopt);
  queues.Push("train", {"high", 0}, 7, kReady + absl::Seconds(3));
  queues.Push("train", {"low", 0}, -1, kReady);
  queues.Push("train", {"later", 0}, -1, kReady + absl::Seconds(1));
  EXPECT_EQ(queues.OldestReady("train"), kReady);
  queues.Remove({"low", 0});
  EXPECT_EQ(queues.OldestReady("train"), kReady + absl::Seconds(1));
}

TEST(StepQueuesTest, StagesDoNotWaitForEachOther) {
  StepQueues queues;
  queues.Push("train", {"a", 2}, 0, kReady);
  EXPECT_EQ(queues.Front("load"), std::nullopt);
  EXPECT_EQ(queues.Size("train"), 1);
  EXPECT_EQ(queues.Size("load"), 0);
}

TEST(StepQueuesTest, AStepStandsOnlyOnce) {
  StepQueues queues;
  queues.Push("train", {"a", 2}, 0, kReady);
  queues.Push("train", {"a", 2}, 0, kReady);
  EXPECT_EQ(queues.Size("train"), 1);
}

TEST(StepQueuesTest, AStepCanLeaveFromTheMiddle) {
  StepQueues queues;
  queues.Push("train", {"a", 2}, 0, kReady);
  queues.Push("train", {"b", 2}, 0, kReady);
  queues.Push("train", {"c", 2}, 0, kReady);
  queues.Remove({"b", 2});
  queues.Remove({"never", 0});
  queues.Remove({"a", 2});
  EXPECT_EQ(queues.Front("train"), (StepRef{"c", 2}));
  EXPECT_EQ(queues.Size("train"), 1);
}

}  // namespace
}  // namespace stagecoach
