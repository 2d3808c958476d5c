// What holds runs back: pauses, limits on runs at once, priorities, and the
// limit on a step's whole time.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/engine/engine_fixture.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

v1::Pipeline LimitedPipeline(int max_concurrent_runs) {
  v1::Pipeline pipeline = ChainPipeline();
  pipeline.set_max_concurrent_runs(max_concurrent_runs);
  return pipeline;
}

class PauseTest : public EngineFixture {};

TEST_F(PauseTest, WhatRunsGoesOnAndNothingNewStartsUntilItIsResumed) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  const RunAnswer paused = Pause("r");
  ASSERT_OK(*paused);
  EXPECT_EQ((*paused)->state(), v1::RUN_STATE_PAUSED);
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_PAUSED);
  EXPECT_THAT(fleet_->cancels(), IsEmpty());
  Succeed("r/load/1");
  EXPECT_THAT(fleet_->Running(), IsEmpty());
  clock_.Advance(absl::Hours(1));
  Settle();
  const RunAnswer resumed = Resume("r");
  ASSERT_OK(*resumed);
  EXPECT_EQ((*resumed)->state(), v1::RUN_STATE_RUNNING);
  Succeed("r/train/1");
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(PauseTest, AQueuedStepLeavesTheQueueAndItsQueueDeadline) {
  fleet_->SetBusy("load", "load-0:1", true);
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  ASSERT_OK(*Pause("r"));
  EXPECT_EQ(engine_->StepsWaiting("load"), 0);
  EXPECT_EQ(Stored("r").steps(0).state(), v1::STEP_STATE_PENDING);
  clock_.Advance(absl::Hours(1));
  Settle();
  ASSERT_OK(*Resume("r"));
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_PENDING);
  EXPECT_EQ(engine_->StepsWaiting("load"), 1);
  fleet_->SetBusy("load", "load-0:1", false);
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
}

TEST_F(PauseTest, ALostAttemptIsMadeGoodOnlyAfterTheRunIsResumed) {
  fleet_->AddReplica("load", "load-1:1", 1);
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  ASSERT_OK(*Pause("r"));
  fleet_->Vanish("load", fleet_->executes().back().address);
  Settle();
  EXPECT_THAT(fleet_->Running(), IsEmpty());
  ASSERT_OK(*Resume("r"));
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/2"));
}

TEST_F(PauseTest, TheLastAttemptEndsAPausedRun) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  ASSERT_OK(*Pause("r"));
  Succeed("r/train/1");
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(PauseTest, APauseOutlivesTheOrchestrator) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  ASSERT_OK(*Pause("r"));
  CrashAndRecover();
  Succeed("r/load/1");
  EXPECT_THAT(fleet_->Running(), IsEmpty());
  ASSERT_OK(*Resume("r"));
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/train/1"));
}

TEST_F(PauseTest, PausingAndResumingTwiceChangesNothing) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  ASSERT_OK(*Resume("r"));
  ASSERT_OK(*Pause("r"));
  const RunAnswer again = Pause("r");
  ASSERT_OK(*again);
  EXPECT_EQ((*again)->state(), v1::RUN_STATE_PAUSED);
}

TEST_F(PauseTest, APausedRunCanBeCancelled) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  ASSERT_OK(*Pause("r"));
  ASSERT_OK(*Cancel("r"));
  EXPECT_THAT(*Pause("r"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                    HasSubstr("run r stops")));
  Fail("r/train/1", absl::CancelledError("cancelled"));
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_CANCELLED);
  EXPECT_THAT(*Resume("r"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                     HasSubstr("run r has ended")));
  EXPECT_THAT(*Pause("never"), StatusIs(absl::StatusCode::kNotFound));
}

class ConcurrencyTest : public EngineFixture {
 protected:
  ConcurrencyTest() { fleet_->AddReplica("load", "load-1:1", /*slots=*/8); }
};

TEST_F(ConcurrencyTest, FurtherRunsStayPendingUntilOneHasEnded) {
  const v1::Pipeline pipeline = LimitedPipeline(1);
  ASSERT_OK(*Submit(TestRun(pipeline, "a")));
  ASSERT_OK(*Submit(TestRun(pipeline, "b")));
  EXPECT_THAT(fleet_->Running(), ElementsAre("a/load/1"));
  EXPECT_EQ(Stored("b").state(), v1::RUN_STATE_PENDING);
  Succeed("a/load/1");
  EXPECT_THAT(fleet_->Running(), ElementsAre("a/train/1"));
  Succeed("a/train/1");
  EXPECT_THAT(fleet_->Running(), ElementsAre("b/load/1"));
}

TEST_F(ConcurrencyTest, AWaitingRunThatIsCancelledFreesNoPlace) {
  const v1::Pipeline pipeline = LimitedPipeline(1);
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_OK(*Submit(TestRun(pipeline, id)));
  }
  ASSERT_OK(*Cancel("b"));
  EXPECT_EQ(Stored("b").state(), v1::RUN_STATE_CANCELLED);
  EXPECT_THAT(fleet_->Running(), ElementsAre("a/load/1"));
}

TEST_F(ConcurrencyTest, ARunPausedBeforeItsStartLeavesItsPlaceToOthers) {
  fleet_->SetBusy("load", "load-0:1", true);
  fleet_->SetBusy("load", "load-1:1", true);
  const v1::Pipeline pipeline = LimitedPipeline(1);
  ASSERT_OK(*Submit(TestRun(pipeline, "a")));
  ASSERT_OK(*Submit(TestRun(pipeline, "b")));
  ASSERT_OK(*Pause("a"));
  fleet_->SetBusy("load", "load-1:1", false);
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("b/load/1"));
  ASSERT_OK(*Resume("a"));
  EXPECT_THAT(fleet_->Running(), ElementsAre("b/load/1"));
  Succeed("b/load/1");
  Succeed("b/train/1");
  EXPECT_THAT(fleet_->Running(), ElementsAre("a/load/1"));
}

class RestartTest : public EngineFixture {};

TEST_F(RestartTest, TheLimitHoldsAfterARestart) {
  const v1::Pipeline pipeline = LimitedPipeline(1);
  ASSERT_OK(*Submit(TestRun(pipeline, "z")));
  ASSERT_OK(*Submit(TestRun(pipeline, "a")));
  CrashAndRecover();
  EXPECT_THAT(fleet_->Running(), ElementsAre("z/load/1"));
  Succeed("z/load/1");
  EXPECT_THAT(fleet_->Running(), ElementsAre("z/train/1"));
  Succeed("z/train/1");
  EXPECT_THAT(fleet_->Running(), ElementsAre("a/load/1"));
}

class PriorityTest : public EngineFixture {};

TEST_F(PriorityTest, AFreeSlotGoesToTheRunWithTheHighestPriority) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "first")));
  for (const int priority : {-1, 0, 5}) {
    v1::Run run = TestRun(ChainPipeline(), absl::StrCat("p", priority));
    run.set_priority(priority);
    ASSERT_OK(*Submit(run));
  }
  for (const char* run : {"first", "p5", "p0", "p-1"}) {
    Succeed(absl::StrCat(run, "/load/1"));
  }
}

class TotalTimeoutTest : public EngineFixture {
 protected:
  TotalTimeoutTest() {
    pipeline_.mutable_steps(0)->mutable_total_timeout()->set_seconds(60);
  }
  v1::Pipeline pipeline_ = ChainPipeline();
};

TEST_F(TotalTimeoutTest, ARunningAttemptIsCancelledAndTheStepFails) {
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  clock_.Advance(absl::Seconds(60));
  Settle();
  ASSERT_EQ(fleet_->cancels().size(), 1u);
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_RUNNING);
  Fail("r/load/1", absl::CancelledError("cancelled"));
  const v1::Run run = Stored("r");
  EXPECT_EQ(run.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(run.error().code(), v1::ERROR_CODE_DEADLINE_EXCEEDED);
  EXPECT_THAT(run.error().message(),
              HasSubstr("step 'load': the step took longer than its total "
                        "timeout of 1m"));
  EXPECT_EQ(run.steps(0).state(), v1::STEP_STATE_FAILED);
}

TEST_F(TotalTimeoutTest, AnAttemptThatDoesNotEndIsGivenUp) {
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  clock_.Advance(absl::Seconds(60));
  Settle();
  clock_.Advance(kStopGrace);
  Settle();
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(fleet_->SlotsUsed("load"), 0);
}

TEST_F(TotalTimeoutTest, ItCountsOverAllAttemptsAndWaits) {
  pipeline_.mutable_steps(0)->mutable_retry()->mutable_backoff()->set_seconds(
      100);
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  clock_.Advance(absl::Seconds(30));
  Fail("r/load/1", absl::DeadlineExceededError("too slow"));
  clock_.Advance(absl::Seconds(29));
  Settle();
  EXPECT_EQ(Stored("r").steps(0).state(), v1::STEP_STATE_BACKING_OFF);
  clock_.Advance(absl::Seconds(1));
  Settle();
  EXPECT_EQ(Stored("r").steps(0).error().code(),
            v1::ERROR_CODE_DEADLINE_EXCEEDED);
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_FAILED);
}

TEST_F(TotalTimeoutTest, AResultThatComesJustBeforeTheCancellationCounts) {
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  clock_.Advance(absl::Seconds(60));
  Settle();
  Succeed("r/load/1");
  EXPECT_EQ(Stored("r").steps(0).state(), v1::STEP_STATE_SUCCEEDED);
  EXPECT_THAT(fleet_->Running(), UnorderedElementsAre("r/train/1"));
}

}  // namespace
}  // namespace stagecoach
