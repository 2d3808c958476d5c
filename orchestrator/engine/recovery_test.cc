// What happens to runs when the orchestrator goes away and comes back.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/engine/engine_fixture.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RecoveryTest : public EngineFixture {};

TEST_F(RecoveryTest, ARunningExecutionIsJoinedAndNotStartedAgain) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  CrashAndRecover();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/train/1"));
  EXPECT_EQ(fleet_->executes().back().address, "train-0:1");
  EXPECT_EQ(fleet_->SlotsUsed("train"), 1);
  Succeed("r/train/1");
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_THAT(AttemptStates("r", 1), ElementsAre("ATTEMPT_STATE_SUCCEEDED"));
}

TEST_F(RecoveryTest, AFinishedStepIsNotExecutedAgain) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  CrashAndRecover();
  for (const FakeExecute& execute : fleet_->executes()) {
    EXPECT_NE(execute.stage, "load");
  }
}

TEST_F(RecoveryTest, TheLeaseEpochGrowsSoThatStagesKnowTheNewer) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  const int64_t before = fleet_->executes().back().request.lease_epoch();
  CrashAndRecover();
  EXPECT_GT(fleet_->executes().back().request.lease_epoch(), before);
  EXPECT_EQ(Stored("r").lease_epoch(), before + 1);
}

TEST_F(RecoveryTest, AStepThatWaitedWaitsAgain) {
  fleet_->Vanish("load", "load-0:1");
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  CrashAndRecover();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
}

TEST_F(RecoveryTest, AStoppingRunIsStoppedToItsEnd) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  ASSERT_OK(*Cancel("r"));
  CrashAndRecover();
  EXPECT_EQ(fleet_->cancels().size(), 1u);
  Fail("r/load/1", absl::CancelledError("cancelled"));
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_CANCELLED);
}

TEST_F(RecoveryTest, ABackoffGoesOnWhereItWas) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Fail("r/load/1", absl::DeadlineExceededError("too slow"));
  clock_.Advance(absl::Milliseconds(400));
  CrashAndRecover();
  EXPECT_THAT(fleet_->Running(), IsEmpty());
  clock_.Advance(absl::Milliseconds(100));
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/2"));
}

TEST_F(RecoveryTest, ARunThatHasEndedIsLeftAlone) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  Succeed("r/train/1");
  CrashAndRecover();
  EXPECT_THAT(fleet_->executes(), IsEmpty());
  EXPECT_EQ(engine_->feeds().Find("r"), nullptr);
}

TEST_F(RecoveryTest, WatchersAreToldWhatHappenedBeforeTheCrash) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  const size_t before = store_.ListEvents("r", 0, 100)->size();
  CrashAndRecover();
  struct Counter final : RunWatcher {
    void OnEvent(const v1::RunEvent& event) override {
      cursors.push_back(event.cursor());
    }
    void OnEnd(const v1::Run&) override { ended = true; }
    void OnStop() override {}
    std::vector<int64_t> cursors;
    bool ended = false;
  };
  auto watcher = std::make_shared<Counter>();
  engine_->feeds().Find("r")->Add(watcher, 0);
  EXPECT_EQ(watcher->cursors.size(), before);
  Succeed("r/train/1");
  EXPECT_TRUE(watcher->ended);
  for (size_t i = 0; i < watcher->cursors.size(); ++i) {
    EXPECT_EQ(watcher->cursors[i], static_cast<int64_t>(i) + 1);
  }
}

}  // namespace
}  // namespace stagecoach
