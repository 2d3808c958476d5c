#include "orchestrator/cli/render/live_block.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/render/run_view.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "orchestrator/cli/testing/text_proto.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::Run After(size_t count) {
  v1::Run run = SampleRun();
  const std::vector<v1::RunEvent> events = SampleEvents();
  for (size_t i = 0; i < count && i < events.size(); ++i) {
    ApplyEvent(events[i], run);
  }
  return run;
}

std::string Render(const v1::Run& run, absl::Duration after,
                   const LiveBlockOptions& options) {
  std::string text;
  for (const Line& line :
       RenderLiveBlock(run, SampleStart() + after, options)) {
    text += PaintLine({}, line) + "\n";
  }
  return text;
}

TEST(LiveBlockTest, ShowsAStepALineWhileTrainingRuns) {
  EXPECT_EQ(Render(After(11), absl::Milliseconds(273), {}),
            "airline-abc  running  0.27 s\n"
            "✓ load       12 ms  2 artifacts\n"
            "✓ prepare   8.0 ms  1 artifact\n"
            "● train     0.25 s  ━━━╸───  epoch  50/100  ETA 0.25 s  "
            "loss 33000  rmse 210/401\n"
            "○ forecast\n");
}

TEST(LiveBlockTest, NoLineIsEverWiderThanTheTerminal) {
  for (int width = 1; width < 130; ++width) {
    for (size_t count = 0; count <= SampleEvents().size(); ++count) {
      LiveBlockOptions options;
      options.width = width;
      for (const Line& line : RenderLiveBlock(
               After(count), SampleStart() + absl::Seconds(1), options)) {
        EXPECT_LE(LineWidth(line), width)
            << PaintLine({}, line) << " at " << width;
      }
    }
  }
}

TEST(LiveBlockTest, SaysWhyAStepIsTriedAgainAndWhen) {
  v1::Run run = After(8);
  v1::Step& train = *run.mutable_steps(2);
  train = FromText<v1::Step>(R"pb(
    name: "train"
    state: STEP_STATE_BACKING_OFF
    attempts { number: 1 }
    next_attempt_time { seconds: 1700000003 }
    error { code: ERROR_CODE_UNAVAILABLE message: "replica lost" })pb");
  EXPECT_THAT(Render(run, absl::Seconds(1), {}),
              HasSubstr("↻ train             attempt 1 failed, trying again in "
                        "2.0 s  UNAVAILABLE: repli…\n"));
}

TEST(LiveBlockTest, LeavesOutEndedStepsFirstWhenTheTerminalIsLow) {
  LiveBlockOptions options;
  options.height = 4;
  const std::string text = Render(After(11), absl::Milliseconds(300), options);
  EXPECT_THAT(text, HasSubstr("train"));
  EXPECT_THAT(text, HasSubstr("forecast"));
  EXPECT_THAT(text, Not(HasSubstr("prepare")));
  EXPECT_THAT(text, HasSubstr("… 2 more steps\n"));
}

TEST(LiveBlockTest, ShowsANoticeBelow) {
  LiveBlockOptions options;
  options.notice = "the orchestrator is away";
  EXPECT_THAT(Render(SampleRun(), absl::ZeroDuration(), options),
              HasSubstr("\nthe orchestrator is away\n"));
}

TEST(LiveBlockTest, SaysWhatAWaitingStepWaitsFor) {
  EXPECT_THAT(Render(After(2), absl::Milliseconds(2), {}),
              HasSubstr("○ load              waiting for a free slot\n"));
}

}  // namespace
}  // namespace stagecoach
