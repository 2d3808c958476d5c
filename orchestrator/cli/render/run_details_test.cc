#include "orchestrator/cli/render/run_details.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

absl::Time Now() { return SampleStart() + absl::Minutes(5); }

TEST(RunDetailsTest, ListsARunALine) {
  v1::Run running = SampleRun();
  running.set_id("airline-new");
  running.set_state(v1::RUN_STATE_RUNNING);
  EXPECT_EQ(RenderRunList({running, SampleSucceededRun()}, Now(), {}),
            "RUN          PIPELINE  STATE      STEPS  CREATED          TIME\n"
            "airline-new  airline   running      0/4  5 min ago  5 min 00 s\n"
            "airline-abc  airline   succeeded    4/4  5 min ago      0.33 s\n");
}

TEST(RunDetailsTest, ShowsStepsAttemptsTimesAndErrors) {
  v1::Run run = SampleFailedRun();
  (*run.mutable_parameters())["epochs"] = IntegerValue(7);
  (*run.mutable_inputs())["source"].set_uri("pvc://artifacts/data/a.csv");
  const std::string text =
      RenderRunDetails(run, Now(), absl::UTCTimeZone(), {});
  EXPECT_THAT(text, HasSubstr("run         airline-abc\n"
                              "state       failed\n"
                              "pipeline    airline (version 3)\n"
                              "created     2023-11-14 22:13:20 (5 min ago)\n"));
  EXPECT_THAT(text, HasSubstr("parameters  epochs=7\n"
                              "inputs      source=pvc://artifacts/data/a.csv\n"
                              "error       OUT_OF_RANGE: loss is not finite"));
  EXPECT_THAT(text, HasSubstr("train     train     failed            2"));
  EXPECT_THAT(text, HasSubstr("train/1    lost       10.0.0.7:50051"));
  EXPECT_THAT(text, HasSubstr("\ntrain/1 UNAVAILABLE: replica lost\n"
                              "train/2 OUT_OF_RANGE: loss is not finite at "
                              "epoch 7\n"));
}

TEST(RunDetailsTest, SaysWhatCameFromTheCache) {
  v1::Run run = SampleSucceededRun();
  run.set_cache_mode(v1::CACHE_MODE_ON);
  run.set_priority(7);
  v1::CacheLookup& cache = *run.mutable_steps(0)->mutable_cache();
  cache.set_outcome(v1::CACHE_OUTCOME_HIT);
  cache.set_run_id("airline-old");
  cache.set_step("load");
  const std::string text =
      RenderRunDetails(run, Now(), absl::UTCTimeZone(), {});
  EXPECT_THAT(text, HasSubstr("cache     on\npriority  7\n"));
  EXPECT_THAT(text, HasSubstr("cache hit: airline-old/load"));
}

TEST(RunDetailsTest, FitsTheTerminal) {
  EXPECT_THAT(RenderRunDetails(SampleSucceededRun(), Now(), absl::UTCTimeZone(),
                               {80, false}),
              HasSubstr("y_forecast  [1, 1] F32  pvc://artifacts/runs/"));
}

}  // namespace
}  // namespace stagecoach
