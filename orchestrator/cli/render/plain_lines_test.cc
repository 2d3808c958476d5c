#include "orchestrator/cli/render/plain_lines.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/render/run_view.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "orchestrator/cli/testing/text_proto.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;

std::vector<std::string> LinesOf(const std::vector<v1::RunEvent>& events) {
  PlainLines lines(absl::UTCTimeZone(), absl::Seconds(5));
  v1::Run run = SampleRun();
  std::vector<std::string> result;
  for (const v1::RunEvent& event : events) {
    ApplyEvent(event, run);
    std::string line = lines.Format(event, run);
    if (!line.empty()) result.push_back(std::move(line));
  }
  return result;
}

v1::RunEvent Report(absl::Duration after, double loss, double rmse) {
  auto event = FromText<v1::RunEvent>(absl::StrCat(
      R"pb(progress { step: "train" attempt: 1
                      progress { unit: "epoch" units_done: 1 units_total: 9
                                 metrics { key: "loss" value:)pb",
      loss, R"pb(}
                 metrics { key: "rmse_test" value: )pb",
      rmse, "} } }"));
  *event.mutable_time() = ToTimestamp(SampleStart() + after);
  return event;
}

TEST(PlainLinesTest, TellEveryChangeAndEvaluation) {
  EXPECT_THAT(
      LinesOf(SampleEvents()),
      ElementsAre("22:13:20 airline-abc running",  //
                  "22:13:20 load queued",          //
                  "22:13:20 load running on 127.0.0.1:4000",
                  "22:13:20 load succeeded in 12 ms: 2 artifacts",
                  "22:13:20 prepare queued",
                  "22:13:20 prepare running on 127.0.0.1:4000",
                  "22:13:20 prepare succeeded in 8.0 ms: 1 artifact",
                  "22:13:20 train queued",
                  "22:13:20 train running on 127.0.0.1:4000",
                  "22:13:20 train epoch 10/100  loss 34211  rmse 210.1/401.2",
                  "22:13:20 train succeeded in 0.30 s: 1 artifact",
                  "22:13:20 forecast queued",
                  "22:13:20 forecast running on 127.0.0.1:4000",
                  "22:13:20 forecast succeeded in 5.0 ms: 1 artifact",
                  "22:13:20 airline-abc succeeded"));
}

TEST(PlainLinesTest, ReportsBetweenEvaluationsComeEveryFewSecondsAtMost) {
  EXPECT_THAT(
      LinesOf({Report(absl::Seconds(0), 9, 7), Report(absl::Seconds(1), 8, 7),
               Report(absl::Seconds(2), 7, 6), Report(absl::Seconds(6), 6, 6),
               Report(absl::Seconds(7), 5, 6)}),
      ElementsAre("22:13:20 train epoch 1/9  loss 9  rmse_test 7",
                  "22:13:22 train epoch 1/9  loss 7  rmse_test 6",
                  "22:13:27 train epoch 1/9  loss 5  rmse_test 6"));
}

TEST(PlainLinesTest, ErrorsAreToldOnOneLineWithTheirCode) {
  EXPECT_THAT(
      LinesOf({FromText<v1::RunEvent>(R"pb(
        time { seconds: 1700000000 }
        step {
          step: "train"
          state: STEP_STATE_FAILED
          attempt { number: 2 }
          error { code: ERROR_CODE_NOT_FOUND message: "no file\n\x1b[2J" }
        })pb")}),
      ElementsAre("22:13:20 train failed (attempt 2): NOT_FOUND: no "
                  "file  [2J"));
}

}  // namespace
}  // namespace stagecoach
