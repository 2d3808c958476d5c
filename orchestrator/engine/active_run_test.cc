#include "orchestrator/engine/active_run.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/engine/test_runs.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class ActiveRunTest : public testing::Test {
 protected:
  ActiveRunTest()
      : run_(ActiveRun::Created(TestRun(ChainPipeline(), "r"), "digest")) {}

  void StartLoad() {
    ASSERT_OK(run_.MoveStep(0, StepTrigger::kReady, kNow));
    ASSERT_OK(run_.StartAttempt(0, "load-0:1", kNow));
  }
  void FinishLoad() {
    ASSERT_OK(run_.SucceedAttempt(0,
                                  TestResult("r/load/1", absl::Milliseconds(5)),
                                  absl::ZeroDuration(), kNow));
  }

  // What the events of a write tell, as one word each.
  static std::vector<std::string> Told(const RunWrite& write) {
    std::vector<std::string> told;
    for (const v1::RunEvent& event : write.events) {
      told.push_back(event.has_run()
                         ? v1::RunState_Name(event.run().state())
                         : event.step().step() + " " +
                               v1::StepState_Name(event.step().state()));
    }
    return told;
  }

  ActiveRun run_;
};

TEST_F(ActiveRunTest, TheFirstWriteInsertsTheWholeRun) {
  const RunWrite write = run_.TakeWrite(kNow);
  EXPECT_TRUE(write.insert);
  EXPECT_EQ(write.request_digest, "digest");
  EXPECT_EQ(write.run.pipeline().name(), "chain");
  EXPECT_EQ(write.steps.size(), 2u);
  EXPECT_THAT(Told(write), ElementsAre("RUN_STATE_PENDING"));
  EXPECT_FALSE(run_.changed());
}

TEST_F(ActiveRunTest, LaterWritesHoldOnlyWhatChanged) {
  run_.TakeWrite(kNow);
  StartLoad();
  const RunWrite write = run_.TakeWrite(kNow);
  EXPECT_FALSE(write.insert);
  EXPECT_FALSE(write.run.has_pipeline());
  ASSERT_EQ(write.steps.size(), 1u);
  EXPECT_EQ(write.steps[0].index, 0);
  EXPECT_EQ(run_.run().pipeline().name(), "chain");
  EXPECT_EQ(run_.run().steps_size(), 2);
}

TEST_F(ActiveRunTest, SeveralMovesInOneWriteAreOneEvent) {
  run_.TakeWrite(kNow);
  StartLoad();
  EXPECT_THAT(Told(run_.TakeWrite(kNow)),
              ElementsAre("RUN_STATE_RUNNING", "load STEP_STATE_RUNNING"));
}

TEST_F(ActiveRunTest, ANewAttemptIsNewsAlsoInTheSameState) {
  run_.TakeWrite(kNow);
  StartLoad();
  run_.TakeWrite(kNow);
  ASSERT_OK(run_.EndAttempt(
      0, {.attempt = AttemptTrigger::kLost, .step = StepTrigger::kLost},
      absl::UnavailableError("gone"), absl::ZeroDuration(),
      absl::ZeroDuration(), kNow));
  ASSERT_OK(run_.StartAttempt(0, "load-1:1", kNow));
  const RunWrite write = run_.TakeWrite(kNow);
  EXPECT_THAT(Told(write), ElementsAre("load STEP_STATE_RUNNING"));
  EXPECT_EQ(write.events[0].step().attempt().number(), 2);
}

TEST_F(ActiveRunTest, TheEndOfTheRunIsTheLastEvent) {
  StartLoad();
  FinishLoad();
  ASSERT_OK(run_.MoveStep(1, StepTrigger::kReady, kNow));
  ASSERT_OK(run_.StartAttempt(1, "train-0:1", kNow));
  run_.TakeWrite(kNow);
  ASSERT_OK(run_.SucceedAttempt(1,
                                TestResult("r/train/1", absl::Milliseconds(5)),
                                absl::ZeroDuration(), kNow));
  ASSERT_OK(run_.End(RunTrigger::kStepsSucceeded, kNow));
  EXPECT_THAT(Told(run_.TakeWrite(kNow)),
              ElementsAre("train STEP_STATE_SUCCEEDED", "RUN_STATE_SUCCEEDED"));
}

TEST_F(ActiveRunTest, AWriteTakenBackIsWrittenWithWhatCameAfter) {
  run_.TakeWrite(kNow);
  StartLoad();
  run_.Untake(run_.TakeWrite(kNow));
  EXPECT_TRUE(run_.changed());
  FinishLoad();
  const RunWrite write = run_.TakeWrite(kNow);
  EXPECT_THAT(Told(write),
              ElementsAre("RUN_STATE_RUNNING", "load STEP_STATE_RUNNING",
                          "load STEP_STATE_SUCCEEDED"));
  EXPECT_EQ(write.steps.size(), 1u);
}

TEST_F(ActiveRunTest, AnInsertTakenBackIsStillAnInsert) {
  run_.Untake(run_.TakeWrite(kNow));
  EXPECT_FALSE(run_.inserted());
  EXPECT_TRUE(run_.TakeWrite(kNow).insert);
}

TEST_F(ActiveRunTest, WhatARunIsGivenIsNeededFromItsCreation) {
  v1::Run run;
  (*run.mutable_inputs())["source"].set_uri("pvc://artifacts/a.csv");
  const RunWrite write = ActiveRun::Created(run, "digest").TakeWrite(kNow);
  ASSERT_EQ(write.reads.size(), 1u);
  EXPECT_EQ(write.reads[0].uri, "pvc://artifacts/a.csv");
  EXPECT_EQ(write.reads[0].input, "") << "no step has read it";
}

TEST_F(ActiveRunTest, WhatAStepReadsIsRecordedOnceForAllAttempts) {
  StartLoad();
  FinishLoad();
  ASSERT_OK(run_.MoveStep(1, StepTrigger::kReady, kNow));
  ASSERT_OK(run_.StartAttempt(1, "train-0:1", kNow));
  const RunWrite first = run_.TakeWrite(kNow);
  ASSERT_EQ(first.reads.size(), 1u);
  EXPECT_EQ(first.reads[0].uri, "pvc://artifacts/runs/r/load/1/out.json");
  EXPECT_EQ(first.reads[0].step, "train");
  ASSERT_OK(run_.EndAttempt(
      1, {.attempt = AttemptTrigger::kLost, .step = StepTrigger::kLost},
      absl::UnavailableError("gone"), absl::ZeroDuration(),
      absl::ZeroDuration(), kNow));
  ASSERT_OK(run_.StartAttempt(1, "train-1:1", kNow));
  EXPECT_THAT(run_.TakeWrite(kNow).reads, IsEmpty());
}

TEST_F(ActiveRunTest, ARunWithoutOneOfItsResultsCannotSucceed) {
  StartLoad();
  FinishLoad();
  ASSERT_OK(run_.MoveStep(1, StepTrigger::kReady, kNow));
  ASSERT_OK(run_.StartAttempt(1, "train-0:1", kNow));
  ASSERT_OK(run_.SucceedAttempt(1, {}, absl::ZeroDuration(), kNow));
  EXPECT_THAT(run_.End(RunTrigger::kStepsSucceeded, kNow),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(run_.run().state(), v1::RUN_STATE_RUNNING);
}

TEST_F(ActiveRunTest, AnImpossibleMoveChangesNothing) {
  run_.TakeWrite(kNow);
  EXPECT_THAT(run_.MoveStep(0, StepTrigger::kSucceeded, kNow),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_FALSE(run_.changed());
}

TEST_F(ActiveRunTest, ARecoveredRunTellsOnlyWhatIsNew) {
  StartLoad();
  ActiveRun recovered = ActiveRun::Recovered(run_.run());
  const RunWrite write = recovered.TakeWrite(kNow);
  EXPECT_FALSE(write.insert);
  EXPECT_THAT(write.events, IsEmpty());
}

TEST_F(ActiveRunTest, ARunThatOnlyWaitsIsPackedUntilItIsAskedForSomething) {
  ASSERT_OK(run_.MoveStep(0, StepTrigger::kReady, kNow));
  run_.TakeWrite(kNow);
  run_.Pack();
  EXPECT_TRUE(run_.packed());
  EXPECT_EQ(run_.id(), "r");
  EXPECT_TRUE(run_.packed());
  EXPECT_THAT(run_.View().dependencies, ElementsAre(IsEmpty(), ElementsAre(0)));
  EXPECT_FALSE(run_.packed());
  ASSERT_OK(run_.StartAttempt(0, "load-0:1", kNow));
  FinishLoad();
  EXPECT_THAT(Told(run_.TakeWrite(kNow)),
              ElementsAre("RUN_STATE_RUNNING", "load STEP_STATE_SUCCEEDED"));
}

TEST_F(ActiveRunTest, ARunThatHasSomethingUnderWayOrToWriteIsNotPacked) {
  run_.Pack();
  EXPECT_FALSE(run_.packed()) << "it is yet to be written";
  StartLoad();
  run_.TakeWrite(kNow);
  run_.Pack();
  EXPECT_FALSE(run_.packed()) << "an attempt is running";
  FinishLoad();
  run_.TakeWrite(kNow);
  run_.lookup(1).state = CacheLookupState::kUnderWay;
  run_.Pack();
  EXPECT_FALSE(run_.packed()) << "an earlier result is looked up";
  run_.lookup(1) = {};
  run_.Pack();
  EXPECT_TRUE(run_.packed());
}

}  // namespace
}  // namespace stagecoach
