#include "orchestrator/engine/transitions.h"

#include <algorithm>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

constexpr v1::RunState kRunStates[] = {
    v1::RUN_STATE_UNSPECIFIED, v1::RUN_STATE_PENDING,   v1::RUN_STATE_RUNNING,
    v1::RUN_STATE_STOPPING,    v1::RUN_STATE_SUCCEEDED, v1::RUN_STATE_FAILED,
    v1::RUN_STATE_CANCELLED,   v1::RUN_STATE_PAUSED};
constexpr RunTrigger kRunTriggers[] = {
    RunTrigger::kStepStarted,   RunTrigger::kPaused,
    RunTrigger::kResumed,       RunTrigger::kResumedUnstarted,
    RunTrigger::kStopRequested, RunTrigger::kStepsSucceeded,
    RunTrigger::kStoppedByUser, RunTrigger::kStoppedByFailure};
constexpr v1::StepState kStepStates[] = {
    v1::STEP_STATE_UNSPECIFIED, v1::STEP_STATE_PENDING,
    v1::STEP_STATE_QUEUED,      v1::STEP_STATE_RUNNING,
    v1::STEP_STATE_BACKING_OFF, v1::STEP_STATE_SUCCEEDED,
    v1::STEP_STATE_FAILED,      v1::STEP_STATE_CANCELLED,
    v1::STEP_STATE_SKIPPED};
constexpr StepTrigger kStepTriggers[] = {
    StepTrigger::kReady,   StepTrigger::kReused,    StepTrigger::kHeld,
    StepTrigger::kStarted, StepTrigger::kSucceeded, StepTrigger::kRetry,
    StepTrigger::kLost,    StepTrigger::kWaited,    StepTrigger::kFailed,
    StepTrigger::kStopped};

// Every state with every trigger: exactly the table's moves exist.
template <typename Moves, typename States, typename Triggers>
void ExpectExactlyTheTable(const Moves& moves, const States& states,
                           const Triggers& triggers) {
  size_t possible = 0;
  for (const auto from : states) {
    for (const auto trigger : triggers) {
      const auto move =
          std::find_if(moves.begin(), moves.end(), [&](const auto& candidate) {
            return candidate.from == from && candidate.trigger == trigger;
          });
      if (move == moves.end()) {
        EXPECT_THAT(Next(from, trigger), StatusIs(absl::StatusCode::kInternal));
      } else {
        ++possible;
        EXPECT_THAT(Next(from, trigger), IsOkAndHolds(move->to));
      }
    }
  }
  EXPECT_EQ(possible, moves.size()) << "a move stands twice";
}

TEST(TransitionsTest, ARunMovesExactlyAsTheTableSays) {
  ExpectExactlyTheTable(RunMoves(), kRunStates, kRunTriggers);
}

TEST(TransitionsTest, AStepMovesExactlyAsTheTableSays) {
  ExpectExactlyTheTable(StepMoves(), kStepStates, kStepTriggers);
}

TEST(TransitionsTest, NothingLeavesATerminalState) {
  for (const RunMove& move : RunMoves()) EXPECT_FALSE(IsTerminal(move.from));
  for (const StepMove& move : StepMoves()) EXPECT_FALSE(IsTerminal(move.from));
}

TEST(TransitionsTest, EveryStateThatIsNotTerminalCanEnd) {
  // Walk back from the terminal states until nothing is added.
  std::set<v1::StepState> can_end;
  for (const v1::StepState state : kStepStates) {
    if (IsTerminal(state)) can_end.insert(state);
  }
  for (size_t before = 0; before != can_end.size();) {
    before = can_end.size();
    for (const StepMove& move : StepMoves()) {
      if (can_end.count(move.to) > 0) can_end.insert(move.from);
    }
  }
  for (const v1::StepState state : kStepStates) {
    if (state == v1::STEP_STATE_UNSPECIFIED) continue;
    EXPECT_EQ(can_end.count(state), 1) << v1::StepState_Name(state);
  }
}

TEST(TransitionsTest, AnImpossibleMoveNamesStateAndTrigger) {
  EXPECT_THAT(Next(v1::RUN_STATE_FAILED, RunTrigger::kStopRequested),
              StatusIs(absl::StatusCode::kInternal,
                       testing::AllOf(testing::HasSubstr("RUN_STATE_FAILED"),
                                      testing::HasSubstr("stop requested"))));
}

TEST(TransitionsTest, AnAttemptEndsOnceAndForAll) {
  EXPECT_EQ(EndOf(AttemptTrigger::kSucceeded), v1::ATTEMPT_STATE_SUCCEEDED);
  EXPECT_EQ(EndOf(AttemptTrigger::kFailed), v1::ATTEMPT_STATE_FAILED);
  EXPECT_EQ(EndOf(AttemptTrigger::kLost), v1::ATTEMPT_STATE_LOST);
  EXPECT_EQ(EndOf(AttemptTrigger::kCancelled), v1::ATTEMPT_STATE_CANCELLED);
}

}  // namespace
}  // namespace stagecoach
