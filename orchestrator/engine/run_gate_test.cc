#include "orchestrator/engine/run_gate.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A run of pipeline `p` that allows `limit` at once, created at `second`.
v1::Run TestRun(const std::string& id, int limit, int second = 0,
                int priority = 0) {
  v1::Run run;
  run.set_id(id);
  run.set_pipeline_name("p");
  run.mutable_pipeline()->set_max_concurrent_runs(limit);
  run.mutable_create_time()->set_seconds(second);
  run.set_priority(priority);
  return run;
}

TEST(RunGateTest, WithoutALimitEveryRunMayStart) {
  RunGate gate;
  for (const char* id : {"a", "b", "c"}) {
    EXPECT_THAT(gate.Add(TestRun(id, 0)), ElementsAre(id));
  }
}

TEST(RunGateTest, NoMoreRunsStartThanThePipelineAllows) {
  RunGate gate;
  EXPECT_THAT(gate.Add(TestRun("a", 2, 1)), ElementsAre("a"));
  EXPECT_THAT(gate.Add(TestRun("b", 2, 2)), ElementsAre("b"));
  EXPECT_THAT(gate.Add(TestRun("c", 2, 3)), IsEmpty());
  EXPECT_THAT(gate.Remove(TestRun("a", 2, 1)), ElementsAre("c"));
}

TEST(RunGateTest, ThoseThatWaitGoByPriorityThenByCreation) {
  RunGate gate;
  const v1::Run first = TestRun("first", 1, 1);
  const v1::Run late = TestRun("late", 1, 3);
  const v1::Run early = TestRun("early", 1, 2);
  const v1::Run urgent = TestRun("urgent", 1, 4, /*priority=*/1);
  gate.Add(first);
  for (const v1::Run& run : {late, early, urgent}) gate.Add(run);
  EXPECT_THAT(gate.Remove(first), ElementsAre("urgent"));
  EXPECT_THAT(gate.Remove(urgent), ElementsAre("early"));
  EXPECT_THAT(gate.Remove(early), ElementsAre("late"));
}

TEST(RunGateTest, OneThatGivesUpWaitingFreesNoPlace) {
  RunGate gate;
  gate.Add(TestRun("a", 1, 1));
  gate.Add(TestRun("b", 1, 2));
  gate.Add(TestRun("c", 1, 3));
  EXPECT_THAT(gate.Remove(TestRun("b", 1, 2)), IsEmpty());
  EXPECT_THAT(gate.Remove(TestRun("a", 1, 1)), ElementsAre("c"));
}

TEST(RunGateTest, RunsThatWereUnderWayCountEvenBeyondTheLimit) {
  RunGate gate;
  gate.AddStarted(TestRun("a", 1, 1));
  gate.AddStarted(TestRun("b", 1, 2));
  EXPECT_THAT(gate.Add(TestRun("c", 1, 3)), IsEmpty());
  EXPECT_THAT(gate.Remove(TestRun("a", 1, 1)), IsEmpty());
  EXPECT_THAT(gate.Remove(TestRun("b", 1, 2)), ElementsAre("c"));
}

TEST(RunGateTest, PipelinesDoNotWaitForEachOther) {
  RunGate gate;
  gate.Add(TestRun("a", 1));
  v1::Run other = TestRun("b", 1);
  other.set_pipeline_name("q");
  EXPECT_THAT(gate.Add(other), ElementsAre("b"));
}

}  // namespace
}  // namespace stagecoach
