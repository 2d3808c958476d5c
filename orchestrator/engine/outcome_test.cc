#include "orchestrator/engine/outcome.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/retry_hint.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// A step with ended attempts in these states, and one that is RUNNING.
v1::Step StepAfter(const std::vector<v1::AttemptState>& ended) {
  v1::Step step;
  step.set_state(v1::STEP_STATE_RUNNING);
  for (const v1::AttemptState state : ended) {
    step.add_attempts()->set_state(state);
  }
  step.add_attempts()->set_state(v1::ATTEMPT_STATE_RUNNING);
  return step;
}

Outcome FirstOutcome(absl::StatusCode code) {
  return OutcomeOf(StepAfter({}), absl::Status(code, "why"),
                   /*max_attempts=*/3, /*stopping=*/false);
}

class FailsAtOnce : public testing::TestWithParam<absl::StatusCode> {};

TEST_P(FailsAtOnce, AsTheErrorCannotGoAwayByItself) {
  EXPECT_EQ(FirstOutcome(GetParam()).step, StepTrigger::kFailed);
  EXPECT_EQ(FirstOutcome(GetParam()).attempt, AttemptTrigger::kFailed);
}

INSTANTIATE_TEST_SUITE_P(OutcomeTest, FailsAtOnce,
                         testing::Values(absl::StatusCode::kInvalidArgument,
                                         absl::StatusCode::kOutOfRange,
                                         absl::StatusCode::kNotFound,
                                         absl::StatusCode::kFailedPrecondition,
                                         absl::StatusCode::kDataLoss,
                                         absl::StatusCode::kCancelled,
                                         absl::StatusCode::kUnauthenticated,
                                         absl::StatusCode::kPermissionDenied,
                                         absl::StatusCode::kUnimplemented,
                                         absl::StatusCode::kAlreadyExists));

TEST(OutcomeTest, ALostReplicaDoesNotUseUpTheRetries) {
  const std::vector<v1::AttemptState> two_failed(2, v1::ATTEMPT_STATE_FAILED);
  const Outcome outcome =
      OutcomeOf(StepAfter(two_failed), absl::UnavailableError("gone"),
                /*max_attempts=*/3, /*stopping=*/false);
  EXPECT_EQ(outcome.attempt, AttemptTrigger::kLost);
  EXPECT_EQ(outcome.step, StepTrigger::kLost);
}

TEST(OutcomeTest, FurtherLossesWaitBeforeTheNextAttempt) {
  const Outcome outcome = OutcomeOf(StepAfter({v1::ATTEMPT_STATE_LOST}),
                                    absl::UnavailableError("gone"), 3, false);
  EXPECT_EQ(outcome.step, StepTrigger::kRetry);
  EXPECT_EQ(outcome.failures, 1);
}

TEST(OutcomeTest, AStepIsNotLostForEver) {
  const std::vector<v1::AttemptState> lost(kMaxLostAttempts,
                                           v1::ATTEMPT_STATE_LOST);
  EXPECT_EQ(
      OutcomeOf(StepAfter(lost), absl::UnavailableError("gone"), 3, false).step,
      StepTrigger::kFailed);
}

TEST(OutcomeTest, AFullReplicaIsRestedForAsLongAsItAsks) {
  absl::Status full = absl::ResourceExhaustedError("no free slot");
  SetRetryHint(full, absl::Milliseconds(300));
  const Outcome outcome = OutcomeOf(StepAfter({}), full, 3, false);
  EXPECT_EQ(outcome.attempt, AttemptTrigger::kLost);
  EXPECT_EQ(outcome.rest_replica, absl::Milliseconds(300));
}

TEST(OutcomeTest, BeingRefusedOftenIsNoLoss) {
  absl::Status full = absl::ResourceExhaustedError("no free slot");
  v1::Step step = StepAfter(
      std::vector<v1::AttemptState>(kMaxLostAttempts, v1::ATTEMPT_STATE_LOST));
  for (v1::Attempt& attempt : *step.mutable_attempts()) {
    if (attempt.state() == v1::ATTEMPT_STATE_LOST) {
      *attempt.mutable_error() = ToError(full);
    }
  }
  EXPECT_EQ(OutcomeOf(step, absl::UnavailableError("gone"), 3, false).step,
            StepTrigger::kLost);
  SetRetryHint(full, absl::Milliseconds(300));
  const Outcome outcome = OutcomeOf(step, full, 3, false);
  EXPECT_EQ(outcome.step, StepTrigger::kRetry);
  EXPECT_EQ(outcome.failures, 5);
}

TEST(OutcomeTest, RunningOutOfMemoryUsesUpARetry) {
  const Outcome outcome = FirstOutcome(absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(outcome.attempt, AttemptTrigger::kFailed);
  EXPECT_EQ(outcome.step, StepTrigger::kRetry);
  EXPECT_EQ(outcome.rest_replica, absl::ZeroDuration());
}

TEST(OutcomeTest, ASlowAttemptIsRetriedUntilTheAttemptsAreUsedUp) {
  const absl::Status slow = absl::DeadlineExceededError("too slow");
  EXPECT_EQ(
      OutcomeOf(StepAfter({v1::ATTEMPT_STATE_FAILED}), slow, 3, false).step,
      StepTrigger::kRetry);
  EXPECT_EQ(
      OutcomeOf(StepAfter({v1::ATTEMPT_STATE_FAILED, v1::ATTEMPT_STATE_FAILED}),
                slow, 3, false)
          .step,
      StepTrigger::kFailed);
}

TEST(OutcomeTest, OurOwnDefectIsRetriedOnce) {
  const absl::Status defect = absl::InternalError("at line 3");
  EXPECT_EQ(OutcomeOf(StepAfter({}), defect, 9, false).step,
            StepTrigger::kRetry);
  EXPECT_EQ(
      OutcomeOf(StepAfter({v1::ATTEMPT_STATE_FAILED}), defect, 9, false).step,
      StepTrigger::kFailed);
}

TEST(OutcomeTest, WhileTheRunStopsEveryEndIsACancellation) {
  const Outcome outcome =
      OutcomeOf(StepAfter({}), absl::UnavailableError("gone"), 3, true);
  EXPECT_EQ(outcome.attempt, AttemptTrigger::kCancelled);
  EXPECT_EQ(outcome.step, StepTrigger::kStopped);
}

TEST(OutcomeTest, TheWaitDoublesUpToItsLimit) {
  const StepLimits limits{.backoff = absl::Seconds(1),
                          .max_backoff = absl::Seconds(5)};
  EXPECT_EQ(RetryWait(limits, 1, 0.5), absl::Milliseconds(500));
  EXPECT_EQ(RetryWait(limits, 2, 0.5), absl::Seconds(1));
  EXPECT_EQ(RetryWait(limits, 9, 0.5), absl::Milliseconds(2500));
  EXPECT_EQ(RetryWait({.backoff = absl::ZeroDuration()}, 3, 0.9),
            absl::ZeroDuration());
}

TEST(OutcomeTest, LimitsAreTheStepsOwnOrTheDefault) {
  v1::PipelineStep step;
  EXPECT_EQ(LimitsOf(step).max_attempts, 3);
  EXPECT_EQ(LimitsOf(step).timeout, absl::Hours(1));
  step.mutable_retry()->set_max_attempts(7);
  *step.mutable_timeout() = ToProtoDuration(absl::Seconds(9));
  *step.mutable_queue_timeout() = ToProtoDuration(absl::Seconds(8));
  EXPECT_EQ(LimitsOf(step).max_attempts, 7);
  EXPECT_EQ(LimitsOf(step).timeout, absl::Seconds(9));
  EXPECT_EQ(LimitsOf(step).queue_timeout, absl::Seconds(8));
}

TEST(OutcomeTest, AnErrorKeepsCodeAndMessage) {
  const absl::Status status = absl::OutOfRangeError("epochs is -1");
  EXPECT_EQ(FromError(ToError(status)), status);
}

}  // namespace
}  // namespace stagecoach
