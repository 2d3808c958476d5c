#include "orchestrator/cli/render/run_view.h"

#include <optional>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "orchestrator/cli/testing/text_proto.h"

namespace stagecoach {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::Eq;
using testing::Optional;

v1::Run After(size_t count) {
  v1::Run run = SampleRun();
  const std::vector<v1::RunEvent> events = SampleEvents();
  for (size_t i = 0; i < count; ++i) ApplyEvent(events[i], run);
  return run;
}

TEST(RunViewTest, EventsBringARunToItsEnd) {
  const v1::Run run = After(SampleEvents().size());
  EXPECT_EQ(run.state(), v1::RUN_STATE_SUCCEEDED);
  for (const v1::Step& step : run.steps()) {
    EXPECT_EQ(step.state(), v1::STEP_STATE_SUCCEEDED) << step.name();
    ASSERT_EQ(step.attempts_size(), 1) << step.name();
    EXPECT_EQ(step.attempts(0).state(), v1::ATTEMPT_STATE_SUCCEEDED);
    EXPECT_GT(step.outputs_size(), 0) << step.name();
  }
  EXPECT_EQ(RunTime(run, absl::InfiniteFuture()), absl::Milliseconds(330));
}

TEST(RunViewTest, ApplyingDurableEventsTwiceChangesNothing) {
  const v1::Run once = After(SampleEvents().size());
  v1::Run twice = once;
  ApplyEvent(SampleEvents().back(), twice);
  EXPECT_TRUE(MessageDifferencer::Equals(once, twice));
}

TEST(RunViewTest, AtCreationForgetsEverythingButWhatTheRunIs) {
  EXPECT_TRUE(MessageDifferencer::Equals(AtCreation(SampleSucceededRun()),
                                         SampleRun()));
}

TEST(RunViewTest, AtCreationKeepsStepsTakenOverFromAnotherRun) {
  v1::Run run = SampleSucceededRun();
  run.mutable_steps(0)->set_reused_from_run("airline-old");
  EXPECT_EQ(AtCreation(run).steps(0).state(), v1::STEP_STATE_SUCCEEDED);
  EXPECT_EQ(AtCreation(run).steps(1).state(), v1::STEP_STATE_PENDING);
}

TEST(RunViewTest, ProgressOfAnEarlierAttemptOrAFinishedStepIsPassedOver) {
  v1::Run run = SampleRun();
  v1::Step& train = *run.mutable_steps(2);
  train.set_state(v1::STEP_STATE_RUNNING);
  train.add_attempts()->set_number(2);
  const auto late = FromText<v1::RunEvent>(R"pb(progress {
                                                  step: "train"
                                                  attempt: 1
                                                  progress { fraction: 0.9 }
                                                })pb");
  ApplyEvent(late, run);
  EXPECT_FALSE(train.has_progress());

  const auto current = FromText<v1::RunEvent>(R"pb(progress {
                                                     step: "train"
                                                     attempt: 2
                                                     progress { fraction: 0.4 }
                                                   })pb");
  ApplyEvent(current, run);
  EXPECT_EQ(train.progress().fraction(), 0.4);

  train.set_state(v1::STEP_STATE_SUCCEEDED);
  train.clear_progress();
  ApplyEvent(current, run);
  EXPECT_FALSE(train.has_progress());
}

TEST(RunViewTest, ANewAttemptStartsItsProgressAndErrorAnew) {
  v1::Run run = SampleRun();
  v1::Step& train = *run.mutable_steps(2);
  train.set_state(v1::STEP_STATE_BACKING_OFF);
  train.mutable_progress()->set_fraction(0.7);
  train.mutable_error()->set_message("lost");
  ApplyEvent(FromText<v1::RunEvent>(R"pb(
               cursor: 9
               step {
                 step: "train"
                 state: STEP_STATE_RUNNING
                 attempt { number: 2 }
               })pb"),
             run);
  EXPECT_FALSE(train.has_progress());
  EXPECT_FALSE(train.has_error());
}

TEST(RunViewTest, EventsOfUnknownStepsChangeNothing) {
  v1::Run run = SampleRun();
  ApplyEvent(FromText<v1::RunEvent>(
                 R"pb(cursor: 1
                      step { step: "new" state: STEP_STATE_RUNNING })pb"),
             run);
  EXPECT_TRUE(MessageDifferencer::Equals(run, SampleRun()));
}

TEST(RunViewTest, TimesCountUpToNowWhileTheyRun) {
  const v1::Run run = After(3);  // load has started at 1 ms
  const absl::Time now = SampleStart() + absl::Milliseconds(6);
  EXPECT_EQ(RunTime(run, now), absl::Milliseconds(6));
  EXPECT_THAT(AttemptTime(run.steps(0), now), Optional(absl::Milliseconds(5)));
  EXPECT_THAT(AttemptTime(run.steps(1), now), Eq(std::nullopt));
  // A clock that is behind the server's.
  EXPECT_EQ(RunTime(run, SampleStart() - absl::Seconds(1)),
            absl::ZeroDuration());
}

TEST(RunViewTest, TimeLeftIsOnlyToldOnceItIsNoGuess) {
  EXPECT_THAT(TimeLeft(0.25, absl::Seconds(3)), Optional(absl::Seconds(9)));
  EXPECT_THAT(TimeLeft(1.5, absl::Seconds(3)), Optional(absl::ZeroDuration()));
  EXPECT_THAT(TimeLeft(0.01, absl::Seconds(3)), Eq(std::nullopt));
  EXPECT_THAT(TimeLeft(0.5, absl::Milliseconds(100)), Eq(std::nullopt));
  EXPECT_THAT(TimeLeft(0, absl::Seconds(3)), Eq(std::nullopt));
}

}  // namespace
}  // namespace stagecoach
