#include "orchestrator/engine/decide.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/engine/test_runs.h"
#include "orchestrator/pipeline/plan.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

// A run whose steps a test puts into the states it needs.
class DecideTest : public testing::Test {
 protected:
  explicit DecideTest(const v1::Pipeline& pipeline = DiamondPipeline())
      : run_(TestRun(pipeline, "r")),
        dependencies_(Dependencies(pipeline)),
        live_(run_.steps_size()),
        lookups_(run_.steps_size()) {
    *run_.mutable_create_time() = ToTimestamp(kStart);
  }

  void SetStep(int step, v1::StepState state) {
    run_.mutable_steps(step)->set_state(state);
    *run_.mutable_steps(step)->mutable_state_time() = ToTimestamp(kStart);
  }
  void SetSteps(v1::StepState left, v1::StepState right, v1::StepState join) {
    SetStep(0, left);
    SetStep(1, right);
    SetStep(2, join);
  }

  Decision DecideAt(absl::Duration after_start) const {
    return Decide({run_, dependencies_, live_, lookups_, admitted_},
                  kStart + after_start);
  }

  v1::Run run_;
  std::vector<std::vector<int>> dependencies_;
  std::vector<LiveAttempt> live_;
  std::vector<LiveLookup> lookups_;
  bool admitted_ = true;
};

TEST_F(DecideTest, StepsWithoutDependenciesAreReadyAtOnce) {
  EXPECT_THAT(DecideAt(absl::ZeroDuration()).ready, ElementsAre(0, 1));
}

TEST_F(DecideTest, AStepThatUsesTheCacheIsLookedUpBeforeItIsQueued) {
  run_.mutable_pipeline()->mutable_steps(0)->mutable_cache()->set_enabled(true);
  EXPECT_THAT(DecideAt(absl::ZeroDuration()).look_up, ElementsAre(0));
  EXPECT_THAT(DecideAt(absl::ZeroDuration()).ready, ElementsAre(1));
  SetStep(1, v1::STEP_STATE_RUNNING);
  lookups_[0] = {CacheLookupState::kUnderWay, kStart + kLookupLimit};
  EXPECT_TRUE(DecideAt(absl::ZeroDuration()).empty());
  EXPECT_EQ(DecideAt(absl::ZeroDuration()).wake_at, kStart + kLookupLimit);
  EXPECT_THAT(DecideAt(kLookupLimit).lookup_expired, ElementsAre(0));
  lookups_[0] = {CacheLookupState::kDone};
  EXPECT_THAT(DecideAt(absl::ZeroDuration()).ready, ElementsAre(0));
}

TEST_F(DecideTest, WhoUsesTheCacheIsForTheStepToSayUnlessTheRunDoes) {
  const struct {
    v1::CacheMode mode;
    bool of_step_that_does;
    bool of_step_that_does_not;
  } cases[] = {{v1::CACHE_MODE_UNSPECIFIED, true, false},
               {v1::CACHE_MODE_ON, true, true},
               {v1::CACHE_MODE_OFF, false, false},
               {v1::CACHE_MODE_REFRESH, true, true}};
  run_.mutable_pipeline()->mutable_steps(0)->mutable_cache()->set_enabled(true);
  for (const auto& one : cases) {
    SCOPED_TRACE(v1::CacheMode_Name(one.mode));
    run_.set_cache_mode(one.mode);
    EXPECT_EQ(UsesCache(run_, 0), one.of_step_that_does);
    EXPECT_EQ(UsesCache(run_, 1), one.of_step_that_does_not);
  }
}

TEST_F(DecideTest, AStepWaitsForEveryStepThatItDependsOn) {
  SetSteps(v1::STEP_STATE_SUCCEEDED, v1::STEP_STATE_RUNNING,
           v1::STEP_STATE_PENDING);
  EXPECT_THAT(DecideAt(absl::ZeroDuration()).ready, IsEmpty());
  SetStep(1, v1::STEP_STATE_SUCCEEDED);
  EXPECT_THAT(DecideAt(absl::ZeroDuration()).ready, ElementsAre(2));
}

TEST_F(DecideTest, TheRunSucceedsWhenEveryStepHas) {
  SetSteps(v1::STEP_STATE_SUCCEEDED, v1::STEP_STATE_SUCCEEDED,
           v1::STEP_STATE_SUCCEEDED);
  EXPECT_EQ(DecideAt(absl::ZeroDuration()).end, RunTrigger::kStepsSucceeded);
}

TEST_F(DecideTest, AQueuedStepFailsExactlyAtItsDeadline) {
  SetSteps(v1::STEP_STATE_QUEUED, v1::STEP_STATE_SUCCEEDED,
           v1::STEP_STATE_PENDING);
  const Decision before = DecideAt(absl::Minutes(10) - absl::Nanoseconds(1));
  EXPECT_THAT(before.queue_expired, IsEmpty());
  EXPECT_EQ(before.wake_at, kStart + absl::Minutes(10));
  EXPECT_THAT(DecideAt(absl::Minutes(10)).queue_expired, ElementsAre(0));
}

TEST_F(DecideTest, AStepThatBacksOffIsQueuedWhenItsTimeHasCome) {
  SetSteps(v1::STEP_STATE_BACKING_OFF, v1::STEP_STATE_SUCCEEDED,
           v1::STEP_STATE_PENDING);
  *run_.mutable_steps(0)->mutable_next_attempt_time() =
      ToTimestamp(kStart + absl::Seconds(2));
  EXPECT_TRUE(DecideAt(absl::Seconds(1)).empty());
  EXPECT_EQ(DecideAt(absl::Seconds(1)).wake_at, kStart + absl::Seconds(2));
  EXPECT_THAT(DecideAt(absl::Seconds(2)).waited, ElementsAre(0));
}

TEST_F(DecideTest, AFailedStepStopsTheRunAndIsNamed) {
  SetSteps(v1::STEP_STATE_FAILED, v1::STEP_STATE_RUNNING,
           v1::STEP_STATE_PENDING);
  run_.mutable_steps(0)->mutable_error()->set_code(v1::ERROR_CODE_OUT_OF_RANGE);
  run_.mutable_steps(0)->mutable_error()->set_message("epochs is -1");
  const Decision decision = DecideAt(absl::ZeroDuration());
  ASSERT_TRUE(decision.stop.has_value());
  EXPECT_EQ(decision.stop->code(), v1::ERROR_CODE_OUT_OF_RANGE);
  EXPECT_EQ(decision.stop->message(), "step 'left': epochs is -1");
}

TEST_F(DecideTest, ARunThatTakesTooLongStops) {
  SetSteps(v1::STEP_STATE_RUNNING, v1::STEP_STATE_RUNNING,
           v1::STEP_STATE_PENDING);
  EXPECT_EQ(DecideAt(absl::Hours(1)).wake_at, kStart + absl::Hours(24));
  const Decision decision = DecideAt(absl::Hours(24));
  ASSERT_TRUE(decision.stop.has_value());
  EXPECT_EQ(decision.stop->code(), v1::ERROR_CODE_DEADLINE_EXCEEDED);
}

TEST_F(DecideTest, AStoppingRunCancelsWhatRunsAndEndsWhatDoesNot) {
  SetSteps(v1::STEP_STATE_RUNNING, v1::STEP_STATE_QUEUED,
           v1::STEP_STATE_PENDING);
  run_.set_state(v1::RUN_STATE_STOPPING);
  const Decision decision = DecideAt(absl::ZeroDuration());
  EXPECT_THAT(decision.cancel, ElementsAre(0));
  EXPECT_THAT(decision.stopped, ElementsAre(1, 2));
  EXPECT_FALSE(decision.end.has_value());
}

TEST_F(DecideTest, AnAttemptIsCancelledOnceAndGivenUpAfterTheGrace) {
  SetSteps(v1::STEP_STATE_RUNNING, v1::STEP_STATE_CANCELLED,
           v1::STEP_STATE_SKIPPED);
  run_.set_state(v1::RUN_STATE_STOPPING);
  live_[0].cancel_time = kStart;
  EXPECT_TRUE(DecideAt(absl::ZeroDuration()).empty());
  EXPECT_EQ(DecideAt(absl::ZeroDuration()).wake_at, kStart + kStopGrace);
  EXPECT_THAT(DecideAt(kStopGrace).abandoned, ElementsAre(0));
}

TEST_F(DecideTest, AStoppedRunEndsAsItsReasonSays) {
  SetSteps(v1::STEP_STATE_CANCELLED, v1::STEP_STATE_SUCCEEDED,
           v1::STEP_STATE_SKIPPED);
  run_.set_state(v1::RUN_STATE_STOPPING);
  run_.mutable_error()->set_code(v1::ERROR_CODE_CANCELLED);
  EXPECT_EQ(DecideAt(absl::ZeroDuration()).end, RunTrigger::kStoppedByUser);
  run_.mutable_error()->set_code(v1::ERROR_CODE_DATA_LOSS);
  EXPECT_EQ(DecideAt(absl::ZeroDuration()).end, RunTrigger::kStoppedByFailure);
}

TEST_F(DecideTest, ARunThatIsNotAdmittedStartsNothingButStillHasADeadline) {
  admitted_ = false;
  EXPECT_TRUE(DecideAt(absl::ZeroDuration()).empty());
  EXPECT_TRUE(DecideAt(absl::Hours(24)).stop.has_value());
}

TEST_F(DecideTest, APausedRunStartsNothingAndLetsNothingWaitForASlot) {
  SetSteps(v1::STEP_STATE_QUEUED, v1::STEP_STATE_BACKING_OFF,
           v1::STEP_STATE_PENDING);
  run_.set_state(v1::RUN_STATE_PAUSED);
  EXPECT_THAT(DecideAt(absl::ZeroDuration()).held, ElementsAre(0));
  SetSteps(v1::STEP_STATE_PENDING, v1::STEP_STATE_BACKING_OFF,
           v1::STEP_STATE_PENDING);
  EXPECT_TRUE(DecideAt(absl::Hours(1)).empty());
}

TEST_F(DecideTest, APausedRunEndsWithItsLastAttemptAndAtItsDeadline) {
  run_.set_state(v1::RUN_STATE_PAUSED);
  SetSteps(v1::STEP_STATE_SUCCEEDED, v1::STEP_STATE_SUCCEEDED,
           v1::STEP_STATE_RUNNING);
  EXPECT_TRUE(DecideAt(absl::Hours(24)).stop.has_value());
  SetStep(2, v1::STEP_STATE_SUCCEEDED);
  EXPECT_EQ(DecideAt(absl::ZeroDuration()).end, RunTrigger::kStepsSucceeded);
}

// For each state that a step may be in when its time is over in all.
TEST_F(DecideTest, AStepThatTakesTooLongInAllFails) {
  *run_.mutable_pipeline()->mutable_steps(0)->mutable_total_timeout() =
      ToProtoDuration(absl::Minutes(5));
  *run_.mutable_steps(0)->mutable_ready_time() = ToTimestamp(kStart);
  *run_.mutable_steps(0)->mutable_next_attempt_time() =
      ToTimestamp(kStart + absl::Hours(1));
  for (const v1::StepState state :
       {v1::STEP_STATE_PENDING, v1::STEP_STATE_QUEUED,
        v1::STEP_STATE_BACKING_OFF}) {
    SCOPED_TRACE(v1::StepState_Name(state));
    SetSteps(state, v1::STEP_STATE_SUCCEEDED, v1::STEP_STATE_PENDING);
    const Decision before = DecideAt(absl::Minutes(5) - absl::Nanoseconds(1));
    EXPECT_THAT(before.expired, IsEmpty());
    EXPECT_EQ(before.wake_at, kStart + absl::Minutes(5));
    EXPECT_THAT(DecideAt(absl::Minutes(5)).expired, ElementsAre(0));
  }
  SetStep(0, v1::STEP_STATE_RUNNING);
  EXPECT_THAT(DecideAt(absl::Minutes(5)).cancel, ElementsAre(0));
  live_[0].cancel_time = kStart + absl::Minutes(5);
  EXPECT_TRUE(DecideAt(absl::Minutes(5)).empty());
  EXPECT_THAT(DecideAt(absl::Minutes(5) + kStopGrace).abandoned,
              ElementsAre(0));
}

TEST_F(DecideTest, ATerminalRunNeedsNothing) {
  run_.set_state(v1::RUN_STATE_SUCCEEDED);
  EXPECT_TRUE(DecideAt(absl::Hours(100)).empty());
  EXPECT_EQ(DecideAt(absl::Hours(100)).wake_at, absl::InfiniteFuture());
}

}  // namespace
}  // namespace stagecoach
