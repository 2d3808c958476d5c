#include "orchestrator/export/openlineage.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "orchestrator/export/export_test_run.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using Json = nlohmann::json;

v1::RunEvent StepEvent(const std::string& step, v1::StepState state,
                       int attempt) {
  v1::RunEvent event;
  *event.mutable_time() = ToTimestamp(kExportStart + absl::Milliseconds(1500));
  event.mutable_step()->set_step(step);
  event.mutable_step()->set_state(state);
  if (attempt > 0) event.mutable_step()->mutable_attempt()->set_number(attempt);
  return event;
}

v1::RunEvent RunEvent(v1::RunState state) {
  v1::RunEvent event;
  *event.mutable_time() = ToTimestamp(kExportStart + absl::Seconds(6));
  event.mutable_run()->set_state(state);
  return event;
}

std::vector<Json> Events(const v1::Run& run,
                         const std::vector<v1::RunEvent>& events,
                         bool created = false) {
  std::vector<Json> documents;
  for (const std::string& event : OpenLineageEvents(run, created, events)) {
    documents.push_back(Json::parse(event));
  }
  return documents;
}

std::vector<std::string> Types(const std::vector<Json>& events) {
  std::vector<std::string> types;
  for (const Json& event : events) {
    types.push_back(event["job"]["name"].get<std::string>() + " " +
                    event["eventType"].get<std::string>());
  }
  return types;
}

TEST(OpenLineageTest, ARunAndItsStepsStartAndComplete) {
  EXPECT_THAT(Types(Events(ExportTestRun(),
                           {RunEvent(v1::RUN_STATE_RUNNING),
                            StepEvent("load", v1::STEP_STATE_QUEUED, 0),
                            StepEvent("load", v1::STEP_STATE_RUNNING, 1),
                            StepEvent("load", v1::STEP_STATE_SUCCEEDED, 1),
                            RunEvent(v1::RUN_STATE_SUCCEEDED)},
                           /*created=*/true)),
              ElementsAre("airline START", "airline.load START",
                          "airline.load COMPLETE", "airline COMPLETE"));
}

TEST(OpenLineageTest, HoweverManyAttemptsAStepHasItStartsOnce) {
  EXPECT_THAT(Types(Events(ExportTestRun(),
                           {StepEvent("train", v1::STEP_STATE_RUNNING, 1),
                            StepEvent("train", v1::STEP_STATE_BACKING_OFF, 1),
                            StepEvent("train", v1::STEP_STATE_RUNNING, 2),
                            StepEvent("train", v1::STEP_STATE_FAILED, 2)})),
              ElementsAre("airline.train START", "airline.train FAIL"));
}

TEST(OpenLineageTest, AStepThatTakesAResultOverStartsAndCompletesAtOnce) {
  v1::Run run = ExportTestRun();
  run.mutable_steps(1)->set_reused_from_run("other");
  const std::vector<Json> events =
      Events(run, {StepEvent("train", v1::STEP_STATE_SUCCEEDED, 0)});
  EXPECT_THAT(Types(events),
              ElementsAre("airline.train START", "airline.train COMPLETE"));
  EXPECT_THAT(events[1]["inputs"], IsEmpty()) << "it has read nothing";
}

TEST(OpenLineageTest, WhatIsNoStartOrEndGivesNoEvent) {
  EXPECT_THAT(
      Events(ExportTestRun(),
             {RunEvent(v1::RUN_STATE_PAUSED), RunEvent(v1::RUN_STATE_STOPPING),
              StepEvent("load", v1::STEP_STATE_SKIPPED, 0)}),
      IsEmpty());
}

TEST(OpenLineageTest, AStepNamesItsParentAndItsData) {
  v1::RunEvent done = StepEvent("train", v1::STEP_STATE_SUCCEEDED, 1);
  *done.mutable_step()->add_outputs() = ExportArtifact("train", "weights");
  const Json event = Events(ExportTestRun(), {done}).front();
  EXPECT_EQ(event["eventTime"], "2023-11-14T22:13:21.500000Z");
  EXPECT_EQ(event["run"]["runId"], OpenLineageRunId("r", "train"));
  const Json& parent = event["run"]["facets"]["parent"];
  EXPECT_EQ(parent["run"]["runId"], OpenLineageRunId("r"));
  EXPECT_EQ(parent["job"]["name"], "airline");
  ASSERT_EQ(event["inputs"].size(), 1u);
  EXPECT_EQ(event["inputs"][0]["namespace"], "pvc://artifacts");
  EXPECT_EQ(event["inputs"][0]["name"], "runs/r/load/1/data.x");
  const Json& output = event["outputs"][0];
  EXPECT_EQ(output["name"], "runs/r/train/1/weights.x");
  EXPECT_EQ(output["facets"]["version"]["datasetVersion"],
            std::string(64, 'a'));
  const Json& field = output["facets"]["schema"]["fields"][0];
  EXPECT_EQ(field["name"], "weights");
  EXPECT_EQ(field["type"], "F32");
  EXPECT_EQ(field["description"], "shape [100,1]");
  EXPECT_EQ(output["outputFacets"]["outputStatistics"]["size"], 42);
}

TEST(OpenLineageTest, AFailureSaysWhy) {
  v1::RunEvent failed = StepEvent("train", v1::STEP_STATE_FAILED, 1);
  failed.mutable_step()->mutable_error()->set_message("no such column");
  const Json event = Events(ExportTestRun(), {failed}).front();
  EXPECT_EQ(event["run"]["facets"]["errorMessage"]["message"],
            "no such column");
}

TEST(OpenLineageTest, RunsAndStepsHaveLastingUuids) {
  const std::string id = OpenLineageRunId("r", "train");
  EXPECT_THAT(id, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab]"
                               "[0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(OpenLineageRunId("r", "train"), id);
  EXPECT_NE(OpenLineageRunId("r", "load"), id);
  EXPECT_NE(OpenLineageRunId("r"), id);
}

}  // namespace
}  // namespace stagecoach
