#include "orchestrator/cli/render/trace.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/testing/sample_run.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using nlohmann::json;
using testing::ElementsAre;

absl::Time Now() { return SampleStart() + absl::Seconds(1); }

// `<track> <slice> <start>+<length>` in microseconds, in the order of the file.
std::vector<std::string> Slices(const v1::Run& run) {
  const json trace = json::parse(ChromeTrace(run, Now()));
  std::map<int, std::string> tracks;
  std::vector<std::string> slices;
  for (const json& event : trace["traceEvents"]) {
    if (event["ph"] == "M" && event["name"] == "thread_name") {
      tracks[event["tid"]] = event["args"]["name"];
    }
    if (event["ph"] != "X") continue;
    slices.push_back(tracks[event["tid"]] + " " +
                     event["name"].get<std::string>() + " " +
                     std::to_string(event["ts"].get<int>()) + "+" +
                     std::to_string(event["dur"].get<int>()));
  }
  return slices;
}

v1::Run OneStep() {
  v1::Run run = SampleSucceededRun();
  run.mutable_steps()->DeleteSubrange(1, 3);
  return run;
}

TEST(TraceTest, HasATrackForTheRunAndEachStep) {
  EXPECT_THAT(
      Slices(SampleSucceededRun()),
      ElementsAre("pipeline airline airline-abc 0+330000",
                  "load load/1 1000+12000", "prepare prepare/1 14000+8000",
                  "train train/1 23000+300000",
                  "forecast forecast/1 324000+5000"));
}

TEST(TraceTest, PhasesAreInsideTheirAttempt) {
  v1::Run run = OneStep();
  v1::Attempt& attempt = *run.mutable_steps(0)->mutable_attempts(0);
  *attempt.mutable_dispatch() = ToProtoDuration(absl::Milliseconds(2));
  v1::PhaseTimes& times = *attempt.mutable_times();
  *times.mutable_read() = ToProtoDuration(absl::Milliseconds(3));
  *times.mutable_compute() = ToProtoDuration(absl::Milliseconds(5));
  *times.mutable_write() = ToProtoDuration(absl::Milliseconds(2));
  EXPECT_THAT(Slices(run),
              ElementsAre("pipeline airline airline-abc 0+330000",
                          "load load/1 1000+12000", "load read 2000+3000",
                          "load compute 5000+5000", "load write 10000+2000"));
}

TEST(TraceTest, WaitsAreShownBeforeAndBetweenAttempts) {
  v1::Run run = OneStep();
  v1::Step& step = *run.mutable_steps(0);
  *step.mutable_ready_time() =
      ToTimestamp(SampleStart() + absl::Microseconds(400));
  v1::Attempt& second = *step.add_attempts();
  second.set_number(2);
  *second.mutable_start_time() =
      ToTimestamp(SampleStart() + absl::Milliseconds(20));
  EXPECT_THAT(
      Slices(run),
      ElementsAre("pipeline airline airline-abc 0+330000",
                  "load waiting 400+600", "load load/1 1000+12000",
                  "load waiting 13000+7000", "load load/2 20000+980000"));
}

TEST(TraceTest, AStepThatWasTakenOverTookNoTime) {
  v1::Run run = OneStep();
  run.mutable_steps(0)->set_reused_from_run("airline-old");
  EXPECT_THAT(Slices(run),
              ElementsAre("pipeline airline airline-abc 0+330000"));
}

}  // namespace
}  // namespace stagecoach
