#include "orchestrator/engine/engine.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/engine/engine_fixture.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class EngineTest : public EngineFixture {};

TEST_F(EngineTest, AChainRunsStepByStepToItsOutputs) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
  Succeed("r/load/1");
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/train/1"));
  Succeed("r/train/1");
  const v1::Run run = Stored("r");
  EXPECT_EQ(run.state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(run.outputs().at("model").uri(),
            "pvc://artifacts/runs/r/train/1/out.json");
  EXPECT_EQ(fleet_->SlotsUsed("train"), 0);
}

TEST_F(EngineTest, AStepIsHandedTheOutputsOfTheStepsBefore) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  const v1::ExecuteRequest request = fleet_->executes().back().request;
  EXPECT_EQ(request.inputs().at("from_load").uri(),
            "pvc://artifacts/runs/r/load/1/out.json");
  EXPECT_EQ(request.output_prefix(), "pvc://artifacts/runs/r/train/1");
  EXPECT_EQ(request.checkpoint_prefix(),
            "pvc://artifacts/runs/r/train/checkpoint");
}

TEST_F(EngineTest, NothingIsCalledBeforeItIsDurable) {
  store_.FailCommitsForTest(absl::UnavailableError("disk is away"));
  EXPECT_THAT(*Submit(TestRun(ChainPipeline(), "r")),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(fleet_->executes(), IsEmpty());
  EXPECT_EQ(fleet_->SlotsUsed("load"), 0);
  EXPECT_THAT(store_.GetRun("r"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(EngineTest, ATransitionThatCannotBeWrittenIsWrittenLater) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  store_.FailCommitsForTest(absl::ResourceExhaustedError("disk is full"));
  Succeed("r/load/1");
  EXPECT_THAT(fleet_->Running(), IsEmpty());
  EXPECT_EQ(Stored("r").steps(0).state(), v1::STEP_STATE_RUNNING);
  store_.FailCommitsForTest(absl::OkStatus());
  clock_.Advance(absl::Seconds(1));
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/train/1"));
  const std::vector<v1::RunEvent> events =
      *store_.ListEvents("r", 0, /*limit=*/100);
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].cursor(), static_cast<int64_t>(i) + 1);
  }
}

TEST_F(EngineTest, IndependentStepsRunAtOnce) {
  ASSERT_OK(*Submit(TestRun(DiamondPipeline(), "r")));
  EXPECT_THAT(fleet_->Running(), UnorderedElementsAre("r/left/1", "r/right/1"));
  Succeed("r/left/1");
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/right/1"));
  Succeed("r/right/1");
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/join/1"));
}

// Of one of two steps at once: it starts nothing yet.
TEST_F(EngineTest, AnEndThatNobodyWaitsForSharesTheNextCommit) {
  ASSERT_OK(*Submit(TestRun(DiamondPipeline(), "r")));
  ASSERT_TRUE(fleet_->Finish("r/left/1", TestResult("r/left/1", {})));
  fleet_->Deliver();
  engine_->RunUntilIdleForTest(/*more_comes=*/true);
  EXPECT_EQ(Stored("r").steps(0).state(), v1::STEP_STATE_RUNNING);
  ASSERT_TRUE(fleet_->Finish("r/right/1", TestResult("r/right/1", {})));
  fleet_->Deliver();
  engine_->RunUntilIdleForTest(/*more_comes=*/true);
  EXPECT_EQ(Stored("r").steps(0).state(), v1::STEP_STATE_SUCCEEDED);
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/join/1"));
}

TEST_F(EngineTest, AnEndThatNobodyWaitsForIsDurableSoonInAnyCase) {
  ASSERT_OK(*Submit(TestRun(DiamondPipeline(), "r")));
  ASSERT_TRUE(fleet_->Finish("r/left/1", TestResult("r/left/1", {})));
  fleet_->Deliver();
  engine_->RunUntilIdleForTest(/*more_comes=*/true);
  clock_.Advance(absl::Milliseconds(1));
  engine_->RunUntilIdleForTest(/*more_comes=*/true);
  EXPECT_EQ(Stored("r").steps(0).state(), v1::STEP_STATE_SUCCEEDED);
}

TEST_F(EngineTest, StepsWaitForAFreeSlotInTheOrderTheyCame) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "a")));
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "b")));
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "c")));
  EXPECT_THAT(fleet_->Running(), ElementsAre("a/load/1"));
  EXPECT_EQ(engine_->StepsWaiting("load"), 2);
  Succeed("a/load/1");
  EXPECT_THAT(fleet_->Running(), UnorderedElementsAre("a/train/1", "b/load/1"));
  EXPECT_EQ(engine_->StepsWaiting("load"), 1);
}

TEST_F(EngineTest, AnotherReplicaIsTriedWhenOneDies) {
  fleet_->AddReplica("train", "train-1:1", 1);
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  fleet_->Vanish("train", fleet_->executes().back().address);
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/train/2"));
  Succeed("r/train/2");
  EXPECT_THAT(AttemptStates("r", 1),
              ElementsAre("ATTEMPT_STATE_LOST", "ATTEMPT_STATE_SUCCEEDED"));
}

TEST_F(EngineTest, ABrokenStreamIsJoinedAgainOnTheSameReplica) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Fail("r/load/1", absl::UnavailableError("connection reset"));
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
  EXPECT_EQ(fleet_->SlotsUsed("load"), 1);
  Succeed("r/load/1");
  EXPECT_THAT(AttemptStates("r", 0), ElementsAre("ATTEMPT_STATE_SUCCEEDED"));
}

TEST_F(EngineTest, ACancellationThatNobodyAskedForLosesTheReplica) {
  fleet_->AddReplica("load", "load-1:1", 1);
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Fail("r/load/1", absl::CancelledError("CANCELLED"));
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1")) << "joined again";
  Fail("r/load/1", absl::CancelledError("CANCELLED"));
  EXPECT_THAT(AttemptStates("r", 0),
              ElementsAre("ATTEMPT_STATE_LOST", "ATTEMPT_STATE_RUNNING"));
}

TEST_F(EngineTest, AFailedAttemptIsRetriedAfterItsBackoff) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Fail("r/load/1", absl::DeadlineExceededError("too slow"));
  EXPECT_THAT(fleet_->Running(), IsEmpty());
  EXPECT_EQ(Stored("r").steps(0).state(), v1::STEP_STATE_BACKING_OFF);
  clock_.Advance(absl::Milliseconds(499));
  Settle();
  EXPECT_THAT(fleet_->Running(), IsEmpty());
  clock_.Advance(absl::Milliseconds(1));
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/2"));
}

TEST_F(EngineTest, AnErrorOfTheRequestFailsTheRunAtOnce) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Fail("r/load/1", absl::OutOfRangeError("proportion is 1.5"));
  const v1::Run run = Stored("r");
  EXPECT_EQ(run.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(run.error().code(), v1::ERROR_CODE_OUT_OF_RANGE);
  EXPECT_EQ(run.error().message(), "step 'load': proportion is 1.5");
  EXPECT_EQ(run.steps(1).state(), v1::STEP_STATE_SKIPPED);
}

TEST_F(EngineTest, AFailureStopsTheOtherBranch) {
  ASSERT_OK(*Submit(TestRun(DiamondPipeline(), "r")));
  Fail("r/left/1", absl::DataLossError("torn"));
  ASSERT_EQ(fleet_->cancels().size(), 1u);
  EXPECT_EQ(fleet_->cancels()[0].request.execution_id(), "r/right/1");
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_STOPPING);
  Fail("r/right/1", absl::CancelledError("cancelled"));
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(Stored("r").error().code(), v1::ERROR_CODE_DATA_LOSS);
}

TEST_F(EngineTest, CancelReachesTheRunningAttemptAndFreesItsSlot) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  const RunAnswer answer = Cancel("r");
  ASSERT_OK(*answer);
  EXPECT_EQ((*answer)->state(), v1::RUN_STATE_STOPPING);
  ASSERT_EQ(fleet_->cancels().size(), 1u);
  Fail("r/load/1", absl::CancelledError("cancelled"));
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(Stored("r").steps(0).state(), v1::STEP_STATE_CANCELLED);
  EXPECT_EQ(fleet_->SlotsUsed("load"), 0);
}

TEST_F(EngineTest, CancellingTwiceCancelsTheAttemptOnce) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  ASSERT_OK(*Cancel("r"));
  ASSERT_OK(*Cancel("r"));
  EXPECT_EQ(fleet_->cancels().size(), 1u);
}

TEST_F(EngineTest, ACancelledRunEndsAlsoIfItsReplicaNeverAnswers) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  ASSERT_OK(*Cancel("r"));
  clock_.Advance(kStopGrace);
  Settle();
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(fleet_->SlotsUsed("load"), 0);
  // What comes too late changes nothing.
  Succeed("r/load/1");
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_CANCELLED);
}

TEST_F(EngineTest, CancellingARunThatHasEndedReturnsItAsItIs) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  Succeed("r/train/1");
  const RunAnswer answer = Cancel("r");
  ASSERT_OK(*answer);
  EXPECT_EQ((*answer)->state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_THAT(*Cancel("never"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(EngineTest, AStepWithoutAReplicaFailsAtItsQueueDeadlineAndSaysWhy) {
  fleet_->StopServing("train", "train-0:1", "volume is down");
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  EXPECT_EQ(Stored("r").steps(1).state(), v1::STEP_STATE_QUEUED);
  clock_.Advance(absl::Minutes(10));
  Settle();
  EXPECT_EQ(Stored("r").error().code(), v1::ERROR_CODE_UNAVAILABLE);
  EXPECT_THAT(Stored("r").error().message(), HasSubstr("volume is down"));
}

TEST_F(EngineTest, AWaitingStepStartsWhenAReplicaComes) {
  fleet_->Vanish("load", "load-0:1");
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  EXPECT_THAT(fleet_->Running(), IsEmpty());
  fleet_->AddReplica("load", "load-1:1", 1);
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
}

TEST_F(EngineTest, ARunWhoseResultIsMissingFailsAndNamesIt) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Succeed("r/load/1");
  ASSERT_TRUE(fleet_->Finish("r/train/1", v1::ExecutionResult()));
  Settle();
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_FAILED);
  EXPECT_THAT(Stored("r").error().message(), HasSubstr("out"));
}

TEST_F(EngineTest, OneKeyMakesOneRun) {
  v1::Run first = TestRun(ChainPipeline(), "a");
  first.set_idempotency_key("k");
  v1::Run second = TestRun(ChainPipeline(), "b");
  second.set_idempotency_key("k");
  ASSERT_OK(*Submit(first));
  const RunAnswer answer = Submit(second);
  ASSERT_OK(*answer);
  EXPECT_EQ((*answer)->id(), "a");
  EXPECT_THAT(store_.GetRun("b"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(EngineTest, OneKeyMakesOneRunAlsoWithinOneCommit) {
  std::vector<std::string> answers;
  for (const char* id : {"a", "b", "c"}) {
    v1::Run run = TestRun(ChainPipeline(), id);
    run.set_idempotency_key("k");
    engine_->Submit(run, "digest",
                    [&answers](absl::StatusOr<const v1::Run*> told) {
                      ASSERT_OK(told);
                      answers.push_back((*told)->id());
                    });
  }
  Settle();
  EXPECT_THAT(answers, ElementsAre("a", "a", "a"));
}

TEST_F(EngineTest, AKeyOfAnotherRequestIsRefused) {
  v1::Run run = TestRun(ChainPipeline(), "a");
  run.set_idempotency_key("k");
  ASSERT_OK(*Submit(run, "one"));
  run.set_id("b");
  EXPECT_THAT(*Submit(run, "two"),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("'k'")));
}

TEST_F(EngineTest, OnlyARunThatHasEndedCanBeDeleted) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  absl::Status deleted;
  const auto remember = [&deleted](const absl::Status& s) { deleted = s; };
  engine_->DeleteRun("r", remember);
  Settle();
  EXPECT_THAT(deleted, StatusIs(absl::StatusCode::kFailedPrecondition));
  Succeed("r/load/1");
  Succeed("r/train/1");
  engine_->DeleteRun("r", remember);
  Settle();
  EXPECT_OK(deleted);
  EXPECT_THAT(store_.GetRun("r"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(EngineTest, AfterStopEveryCallIsAnswered) {
  engine_->Stop();
  absl::Status answer;
  engine_->Submit(TestRun(ChainPipeline(), "r"), "digest",
                  [&answer](const absl::StatusOr<const v1::Run*>& run) {
                    answer = run.status();
                  });
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(EngineTest, AJumpOfTheMachinesClockMovesNoDeadline) {
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "r")));
  Fail("r/load/1", absl::DeadlineExceededError("too slow"));
  clock_.JumpWallClock(absl::Hours(30));
  Settle();
  EXPECT_EQ(Stored("r").steps(0).state(), v1::STEP_STATE_BACKING_OFF);
  clock_.Advance(absl::Milliseconds(500));
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/2"));
  const v1::Run run = Stored("r");
  EXPECT_LT(FromTimestamp(run.steps(0).attempts(1).start_time()) -
                FromTimestamp(run.create_time()),
            absl::Seconds(1));
}

}  // namespace
}  // namespace stagecoach
