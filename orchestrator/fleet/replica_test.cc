#include "orchestrator/fleet/replica.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/fleet/replica_channel.h"
#include "orchestrator/fleet/scripted_stage.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

// A replica whose time the test moves by hand: it connects again only then.
class ReplicaTest : public testing::Test {
 protected:
  static constexpr absl::Duration kLimit = absl::Minutes(1);

  ReplicaTest()
      : timers_(clock_, TimerQueue::ManualForTest()),
        gate_(std::make_shared<CallGate>()),
        stage_("train", 2) {}

  ~ReplicaTest() override {
    gate_->Close();
    if (replica_ != nullptr) replica_->Stop();
    gate_->AwaitEmpty();
  }

  void StartReplica() {
    replica_ = std::make_shared<Replica>(stage_.address(), "train", options_,
                                         timers_, gate_, [this] {
                                           absl::MutexLock lock(&mutex_);
                                           ++changes_;
                                         });
    replica_->Start();
  }

  // Waits until the replica is in `state`; its condition then, or the last.
  ReplicaCondition Await(ReplicaState state) {
    for (;;) {
      int seen = 0;
      {
        absl::MutexLock lock(&mutex_);
        seen = changes_;
      }
      ReplicaCondition condition = replica_->condition();
      if (condition.state == state) return condition;
      const auto changed = [this, seen] {
        mutex_.AssertHeld();
        return changes_ != seen;
      };
      absl::MutexLock lock(&mutex_);
      if (!mutex_.AwaitWithTimeout(absl::Condition(&changed), kLimit)) {
        ADD_FAILURE() << "it stays " << ReplicaStateName(condition.state);
        return condition;
      }
    }
  }

  // Lets the longest wait between two tries pass.
  int PassBackoff() {
    clock_.Advance(options_.reconnect.maximum);
    return timers_.RunDueForTest();
  }

  FakeClock clock_;
  TimerQueue timers_;
  std::shared_ptr<CallGate> gate_;
  ReplicaOptions options_;
  absl::Mutex mutex_;
  int changes_ ABSL_GUARDED_BY(mutex_) = 0;
  ScriptedStage stage_;
  std::shared_ptr<Replica> replica_;
};

TEST_F(ReplicaTest, ServesOnceItIsHealthyAndDescribed) {
  ASSERT_OK(stage_.Start());
  StartReplica();
  const ReplicaCondition condition = Await(ReplicaState::kServing);
  ASSERT_NE(condition.description, nullptr);
  EXPECT_EQ(condition.description->slots(), 2);
  EXPECT_EQ(timers_.pending(), 0) << "nothing polls";
}

TEST_F(ReplicaTest, FollowsItsHealth) {
  ASSERT_OK(stage_.Start());
  StartReplica();
  Await(ReplicaState::kServing);
  stage_.SetServing(false);
  EXPECT_THAT(Await(ReplicaState::kNotServing).reason,
              HasSubstr("NOT_SERVING"));
  stage_.SetServing(true);
  Await(ReplicaState::kServing);
  EXPECT_EQ(stage_.describes(), 1) << "once for each connection";
}

TEST_F(ReplicaTest, ConnectsAgainAfterAWhile) {
  ASSERT_OK(stage_.Start());
  StartReplica();
  Await(ReplicaState::kServing);
  const std::shared_ptr<ReplicaChannel> lost = replica_->channel();
  stage_.Stop();
  Await(ReplicaState::kUnreachable);
  ASSERT_OK(stage_.Start());
  EXPECT_EQ(timers_.RunDueForTest(), 0);
  EXPECT_EQ(PassBackoff(), 1);
  Await(ReplicaState::kServing);
  EXPECT_EQ(stage_.describes(), 2);
  EXPECT_NE(replica_->channel(), lost);
}

TEST_F(ReplicaTest, KeepsTryingAServerThatIsNotThere) {
  ASSERT_OK(stage_.Start());
  stage_.Stop();
  StartReplica();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Await(ReplicaState::kUnreachable).reason, "connection refused");
    while (PassBackoff() == 0) Await(ReplicaState::kUnreachable);
  }
}

TEST_F(ReplicaTest, AsksAgainWhatItIsAfterAWhile) {
  stage_.SetDescribeError(absl::InternalError("out of order"));
  ASSERT_OK(stage_.Start());
  StartReplica();
  EXPECT_THAT(Await(ReplicaState::kNotServing).reason,
              HasSubstr("Describe failed: INTERNAL: out of order"));
  stage_.SetDescribeError(absl::OkStatus());
  EXPECT_EQ(PassBackoff(), 1);
  Await(ReplicaState::kServing);
}

TEST_F(ReplicaTest, ServesOnWhileItsHealthWatchIsRenewed) {
  // The first watch has to be answered within it, however busy the machine is.
  options_.watch_timeout = absl::Milliseconds(300);
  ASSERT_OK(stage_.Start());
  StartReplica();
  Await(ReplicaState::kServing);
  ASSERT_TRUE(stage_.AwaitWatches(2));
  EXPECT_EQ(replica_->condition().state, ReplicaState::kServing);
  EXPECT_EQ(stage_.describes(), 1);
  stage_.SetServing(false);
  Await(ReplicaState::kNotServing);
}

TEST_F(ReplicaTest, DoesNothingAfterStop) {
  ASSERT_OK(stage_.Start());
  StartReplica();
  Await(ReplicaState::kServing);
  replica_->Stop();
  gate_->Close();
  gate_->AwaitEmpty();
  EXPECT_EQ(PassBackoff(), 0);
}

TEST_F(ReplicaTest, StopEndsACallThatIsNotAnswered) {
  stage_.HangDescribe();
  ASSERT_OK(stage_.Start());
  StartReplica();
  ASSERT_TRUE(stage_.AwaitDescribes(1));
  replica_->Stop();
  gate_->Close();
  gate_->AwaitEmpty();  // and not only when the call's time is up
  EXPECT_EQ(replica_->condition().state, ReplicaState::kConnecting);
}

}  // namespace
}  // namespace stagecoach
