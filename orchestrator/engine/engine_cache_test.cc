// Steps that take over the result of an equal one.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/engine/engine_fixture.h"
#include "services/common/base/metrics.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class EngineCacheTest : public EngineFixture {
 protected:
  EngineCacheTest() {
    for (int i = 0; i < pipeline_.steps_size(); ++i) {
      pipeline_.mutable_steps(i)->mutable_cache()->set_enabled(true);
    }
    for (const char* stage : {"load", "train"}) {
      fleet_->AddReplica(stage, std::string(stage) + "-1:1", /*slots=*/8);
    }
  }

  // What the cache has of an earlier run's step `stage`.
  void PutHit(const std::string& stage) {
    CacheAnswer answer;
    answer.outcome = v1::CACHE_OUTCOME_HIT;
    answer.run_id = "old";
    answer.step = stage;
    answer.made = clock_.Now();
    const v1::ExecutionResult result =
        TestResult("old/" + stage + "/1", absl::ZeroDuration());
    answer.outputs.assign(result.outputs().begin(), result.outputs().end());
    cache_.Put(stage, answer);
  }

  v1::Step StoredStep(const std::string& run_id, int step) {
    return Stored(run_id).steps(step);
  }

  v1::Pipeline pipeline_ = ChainPipeline();
};

TEST_F(EngineCacheTest, AMissIsRecordedWithItsKeyAndTheWorkIsDone) {
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
  const v1::CacheLookup lookup = StoredStep("r", 0).cache();
  EXPECT_EQ(lookup.outcome(), v1::CACHE_OUTCOME_MISS);
  EXPECT_EQ(lookup.key(), cache_.KeyOf("load"));
  EXPECT_EQ(lookup.key_parts().at("build_id"), "test-build");
  Succeed("r/load/1");
  Succeed("r/train/1");
  EXPECT_EQ(Stored("r").state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(StoredStep("r", 1).cache().key(), cache_.KeyOf("train"));
}

TEST_F(EngineCacheTest, AHitIsTakenOverWithoutAnAttempt) {
  PutHit("load");
  PutHit("train");
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  EXPECT_THAT(fleet_->executes(), IsEmpty());
  const v1::Run run = Stored("r");
  EXPECT_EQ(run.state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(run.steps(0).reused_from_run(), "old");
  EXPECT_EQ(run.steps(0).attempts_size(), 0);
  EXPECT_EQ(run.steps(0).cache().outcome(), v1::CACHE_OUTCOME_HIT);
  EXPECT_EQ(run.steps(0).cache().run_id(), "old");
  EXPECT_EQ(run.outputs().at("model").uri(),
            "pvc://artifacts/runs/old/train/1/out.json");
  EXPECT_EQ(MetricValue(registry_, "stagecoach_cache_lookups_total",
                        "result=\"hit\",stage=\"load\""),
            1);
}

TEST_F(EngineCacheTest, AnInvalidResultIsDoneAgainAndSaysWhy) {
  CacheAnswer answer;
  answer.outcome = v1::CACHE_OUTCOME_INVALID;
  answer.run_id = "old";
  answer.reason = "output 'out' is gone";
  cache_.Put("load", answer);
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
  EXPECT_EQ(StoredStep("r", 0).cache().outcome(), v1::CACHE_OUTCOME_INVALID);
  EXPECT_EQ(StoredStep("r", 0).cache().reason(), "output 'out' is gone");
}

TEST_F(EngineCacheTest, NothingIsLookedUpUnlessTheStepOrTheRunSaysSo) {
  PutHit("load");
  ASSERT_OK(*Submit(TestRun(ChainPipeline(), "plain")));
  EXPECT_THAT(fleet_->Running(), ElementsAre("plain/load/1"));
  EXPECT_FALSE(StoredStep("plain", 0).has_cache());
  v1::Run off = TestRun(pipeline_, "off");
  off.set_cache_mode(v1::CACHE_MODE_OFF);
  ASSERT_OK(*Submit(off));
  EXPECT_THAT(fleet_->Running(), ElementsAre("plain/load/1", "off/load/1"));
  EXPECT_THAT(cache_.found(), IsEmpty());
  v1::Run on = TestRun(ChainPipeline(), "on");
  on.set_cache_mode(v1::CACHE_MODE_ON);
  ASSERT_OK(*Submit(on));
  EXPECT_EQ(StoredStep("on", 0).cache().outcome(), v1::CACHE_OUTCOME_HIT);
}

TEST_F(EngineCacheTest, ARefreshDoesTheWorkAgainAndFillsTheCache) {
  PutHit("load");
  v1::Run run = TestRun(pipeline_, "r");
  run.set_cache_mode(v1::CACHE_MODE_REFRESH);
  ASSERT_OK(*Submit(run));
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
  Succeed("r/load/1");
  EXPECT_EQ(StoredStep("r", 0).cache().outcome(), v1::CACHE_OUTCOME_BYPASSED);
  EXPECT_EQ(StoredStep("r", 0).cache().key(), cache_.KeyOf("load"));
}

TEST_F(EngineCacheTest, EqualStepsAtTheSameTimeDoTheWorkOnce) {
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_OK(*Submit(TestRun(pipeline_, id)));
  }
  EXPECT_THAT(fleet_->Running(), ElementsAre("a/load/1"));
  Succeed("a/load/1");
  EXPECT_THAT(fleet_->Running(), ElementsAre("a/train/1"));
  Succeed("a/train/1");
  for (const char* id : {"b", "c"}) {
    const v1::Run run = Stored(id);
    EXPECT_EQ(run.state(), v1::RUN_STATE_SUCCEEDED);
    for (const v1::Step& step : run.steps()) {
      EXPECT_EQ(step.cache().outcome(), v1::CACHE_OUTCOME_JOINED);
      EXPECT_EQ(step.cache().run_id(), "a");
      EXPECT_EQ(step.reused_from_run(), "a");
    }
  }
  EXPECT_EQ(fleet_->executes().size(), 2u);
}

TEST_F(EngineCacheTest, ThoseThatWaitAreServedOnceTheResultIsDurable) {
  ASSERT_OK(*Submit(TestRun(pipeline_, "a")));
  ASSERT_OK(*Submit(TestRun(pipeline_, "b")));
  store_.FailCommitsForTest(absl::ResourceExhaustedError("disk is full"));
  Succeed("a/load/1");
  // Whoever comes now must find that somebody has it already.
  store_.FailCommitsForTest(absl::OkStatus());
  clock_.Advance(absl::Seconds(1));
  Settle();
  EXPECT_EQ(StoredStep("b", 0).cache().outcome(), v1::CACHE_OUTCOME_JOINED);
}

TEST_F(EngineCacheTest, TheNextOneDoesTheWorkIfTheFirstFails) {
  ASSERT_OK(*Submit(TestRun(pipeline_, "a")));
  ASSERT_OK(*Submit(TestRun(pipeline_, "b")));
  Fail("a/load/1", absl::InvalidArgumentError("bad"));
  EXPECT_EQ(Stored("a").state(), v1::RUN_STATE_FAILED);
  EXPECT_THAT(fleet_->Running(), ElementsAre("b/load/1"));
  EXPECT_EQ(StoredStep("b", 0).cache().outcome(), v1::CACHE_OUTCOME_MISS);
}

TEST_F(EngineCacheTest, ARunThatIsCancelledKeepsNobodyWaiting) {
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_OK(*Submit(TestRun(pipeline_, id)));
  }
  ASSERT_OK(*Cancel("b"));
  EXPECT_EQ(Stored("b").state(), v1::RUN_STATE_CANCELLED);
  ASSERT_OK(*Cancel("a"));
  Fail("a/load/1", absl::CancelledError("cancelled"));
  EXPECT_THAT(fleet_->Running(), ElementsAre("c/load/1"));
}

TEST_F(EngineCacheTest, ARunThatIsPausedKeepsNobodyWaitingAndLooksAgain) {
  fleet_->SetBusy("load", "load-0:1", true);
  fleet_->SetBusy("load", "load-1:1", true);
  ASSERT_OK(*Submit(TestRun(pipeline_, "a")));
  ASSERT_OK(*Submit(TestRun(pipeline_, "b")));
  ASSERT_OK(*Pause("a"));
  fleet_->SetBusy("load", "load-1:1", false);
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("b/load/1"));
  ASSERT_OK(*Resume("a"));
  Succeed("b/load/1");
  EXPECT_EQ(StoredStep("a", 0).cache().outcome(), v1::CACHE_OUTCOME_JOINED);
}

TEST_F(EngineCacheTest, AnOlderResultIsNotTakenBySomebodyWhoWantsAFresherOne) {
  pipeline_.mutable_steps(0)->mutable_cache()->mutable_max_age()->set_seconds(
      60);
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  EXPECT_EQ(cache_.last_not_before(), clock_.Now() - absl::Seconds(60));
}

TEST_F(EngineCacheTest, ALookUpThatHangsIsGivenUpAndTheWorkIsDone) {
  cache_.SetHanging(true);
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  EXPECT_THAT(fleet_->Running(), IsEmpty());
  clock_.Advance(kLookupLimit);
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
  EXPECT_EQ(StoredStep("r", 0).cache().outcome(), v1::CACHE_OUTCOME_BYPASSED);
  EXPECT_THAT(StoredStep("r", 0).cache().reason(), HasSubstr("took longer"));
  // What comes too late changes nothing.
  cache_.SetHanging(false);
  cache_.Answer();
  Settle();
  EXPECT_EQ(StoredStep("r", 0).cache().outcome(), v1::CACHE_OUTCOME_BYPASSED);
}

TEST_F(EngineCacheTest, ACacheThatFailsDoesNotFailTheRun) {
  cache_.Fail(absl::UnavailableError("volume does not answer"));
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
  EXPECT_EQ(StoredStep("r", 0).cache().reason(), "volume does not answer");
}

TEST_F(EngineCacheTest, AResultOfAnotherBuildIsNotKeptUnderTheKey) {
  cache_.SetBuild("the build before");
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  Succeed("r/load/1");
  EXPECT_EQ(StoredStep("r", 0).cache().key(), "");
  EXPECT_THAT(StoredStep("r", 0).cache().reason(), HasSubstr("test-build"));
}

TEST_F(EngineCacheTest, ARestartLooksAgainAndStillDoesTheWorkOnce) {
  ASSERT_OK(*Submit(TestRun(pipeline_, "a")));
  ASSERT_OK(*Submit(TestRun(pipeline_, "b")));
  CrashAndRecover();
  // Of the replicas that there were, perhaps not the one that had it is back.
  ASSERT_THAT(fleet_->Running(), ElementsAre(testing::StartsWith("a/load/")));
  Succeed(fleet_->Running().front());
  EXPECT_EQ(StoredStep("b", 0).cache().outcome(), v1::CACHE_OUTCOME_JOINED);
}

TEST_F(EngineCacheTest, AStepWaitsForAnEqualOneOfAnotherOrchestrator) {
  cache_.SetElsewhere("load", true);
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  EXPECT_THAT(fleet_->executes(), IsEmpty());
  clock_.Advance(absl::Minutes(5));  // however long it takes
  engine_->LookAgain();
  Settle();
  EXPECT_THAT(fleet_->executes(), IsEmpty());
  cache_.SetElsewhere("load", false);
  PutHit("load");
  engine_->LookAgain();
  Settle();
  EXPECT_EQ(StoredStep("r", 0).cache().outcome(), v1::CACHE_OUTCOME_HIT);
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/train/1"));
}

TEST_F(EngineCacheTest, AStepDoesTheWorkThatAnotherOrchestratorGivesUp) {
  cache_.SetElsewhere("load", true);
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  ASSERT_OK(*Submit(TestRun(pipeline_, "s")));
  cache_.SetElsewhere("load", false);
  engine_->LookAgain();
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
  Succeed("r/load/1");
  EXPECT_EQ(StoredStep("s", 0).cache().outcome(), v1::CACHE_OUTCOME_JOINED);
}

TEST_F(EngineCacheTest, AnEndThatIsToldBeforeTheAnswerIsNotMissed) {
  cache_.SetHanging(true);
  cache_.SetElsewhere("load", true);
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  cache_.Answer();  // the key; then it asks for the result
  Settle();
  cache_.SetHanging(false);
  cache_.SetElsewhere("load", false);
  engine_->LookAgain();
  Settle();
  cache_.Answer();  // elsewhere, as it was when it asked
  Settle();
  EXPECT_THAT(fleet_->Running(), ElementsAre("r/load/1"));
}

TEST_F(EngineCacheTest, APausedRunLeavesTheWorkToOthers) {
  fleet_->SetBusy("load", "load-0:1", true);
  fleet_->SetBusy("load", "load-1:1", true);
  ASSERT_OK(*Submit(TestRun(pipeline_, "r")));
  const auto lead = [this](const std::string& run_id) {
    return store_.LeadWork(cache_.KeyOf("load"), run_id, 0);
  };
  v1::Run other = TestRun(ChainPipeline(), "other");
  ASSERT_OK(*Submit(other));
  EXPECT_THAT(lead("r"), IsOkAndHolds(true));
  EXPECT_THAT(lead("other"), IsOkAndHolds(false));
  ASSERT_OK(*Pause("r"));
  EXPECT_THAT(lead("other"), IsOkAndHolds(true));
}

}  // namespace
}  // namespace stagecoach
