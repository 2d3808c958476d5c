// Two engines on one store: who does what, and what happens when one stands
// still.

#include "orchestrator/engine/lease_keeper.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/engine/engine_fixture.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::Duration kTtl = absl::Seconds(15);
constexpr absl::Duration kMargin = absl::Seconds(3);

// An orchestrator without its API.
struct Member {
  Member(const std::string& name, MemoryStore& store, FakeClock& clock,
         EngineMetrics& metrics)
      : fleet(clock),
        engine(store, fleet, cache, clock, metrics, [] { return 0.5; }),
        keeper(store, store, engine, clock,
               {.name = name, .ttl = kTtl, .margin = kMargin}) {
    for (const char* stage : {"load", "train"}) {
      v1::StageDescription description;
      description.set_name(stage);
      fleet.AddStage(description);
      fleet.AddReplica(stage, std::string(stage) + "-0:1", /*slots=*/4);
    }
    EXPECT_OK(keeper.TakeLease());
    EXPECT_OK(engine.Recover());
  }

  FakeFleet fleet;
  FakeResultCache cache;
  Engine engine;
  LeaseKeeper keeper;
};

class LeaseKeeperTest : public testing::Test {
 protected:
  static void Settle(Member& member) {
    for (int i = 0; i < 3; ++i) {
      member.engine.RunUntilIdleForTest();
      member.fleet.Deliver();
    }
    member.engine.RunUntilIdleForTest();
  }

  void Turn(Member& member) {
    Settle(member);
    member.keeper.TurnForTest();
    Settle(member);
  }

  std::shared_ptr<RunAnswer> Submit(Member& member, v1::Run run) {
    auto answer = std::make_shared<RunAnswer>();
    member.engine.Submit(std::move(run), "digest", Into(answer));
    Settle(member);
    return answer;
  }

  std::shared_ptr<RunAnswer> Cancel(Member& member, const std::string& run_id) {
    auto answer = std::make_shared<RunAnswer>();
    member.engine.CancelRun(run_id, "", Into(answer));
    Settle(member);
    return answer;
  }

  void Succeed(Member& member, const std::string& execution_id) {
    ASSERT_TRUE(member.fleet.Finish(
        execution_id, TestResult(execution_id, absl::Milliseconds(5))))
        << execution_id << " is not running";
    Settle(member);
  }

  v1::RunState StateOf(const std::string& run_id) {
    return store_.GetRun(run_id)->state();
  }

  FakeClock clock_;
  MemoryStore store_{clock_};
  prometheus::Registry registry_;
  EngineMetrics metrics_{registry_};
  Member a_{"a", store_, clock_, metrics_};
  Member b_{"b", store_, clock_, metrics_};
};

TEST_F(LeaseKeeperTest, ARunBelongsToTheOneThatCreatedIt) {
  ASSERT_OK(**Submit(a_, TestRun(ChainPipeline(), "r")));
  Turn(b_);
  EXPECT_THAT(a_.fleet.Running(), ElementsAre("r/load/1"));
  EXPECT_THAT(b_.fleet.Running(), IsEmpty());
  EXPECT_THAT(store_.GetRun("r")->holder(), HasSubstr("a-"));
  Succeed(a_, "r/load/1");
  Succeed(a_, "r/train/1");
  EXPECT_EQ(store_.GetRun("r")->holder(), "");
}

TEST_F(LeaseKeeperTest, TheRunsOfOneThatIsGoneAreTakenOverUnderANewerEpoch) {
  ASSERT_OK(**Submit(a_, TestRun(ChainPipeline(), "r")));
  clock_.Advance(kTtl);
  Turn(b_);
  EXPECT_THAT(b_.fleet.Running(), ElementsAre("r/load/1"));
  EXPECT_GT(b_.fleet.executes().back().request.lease_epoch(),
            a_.fleet.executes().back().request.lease_epoch());
  // As the store has it: what the former holder still writes is older.
  EXPECT_EQ(store_.GetRun("r")->lease_epoch(),
            b_.fleet.executes().back().request.lease_epoch());
  Succeed(b_, "r/load/1");
  Succeed(b_, "r/train/1");
  EXPECT_EQ(StateOf("r"), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(LeaseKeeperTest, AnEngineStopsAMarginBeforeItsLeaseEnds) {
  ASSERT_OK(**Submit(a_, TestRun(ChainPipeline(), "r")));
  clock_.Advance(kTtl - kMargin);
  Succeed(a_, "r/load/1");
  EXPECT_THAT(a_.fleet.Running(), IsEmpty());
  const std::shared_ptr<RunAnswer> refused =
      Submit(a_, TestRun(ChainPipeline(), "s"));
  ASSERT_TRUE(refused->has_value());
  EXPECT_THAT(**refused, StatusIs(absl::StatusCode::kUnavailable,
                                  HasSubstr("lease could not be renewed")));
  EXPECT_THAT(store_.GetRun("s"), StatusIs(absl::StatusCode::kNotFound));
  // Nobody wanted the lease, so it goes on.
  Turn(a_);
  EXPECT_THAT(a_.fleet.Running(), ElementsAre("r/train/1"));
  EXPECT_OK(**Submit(a_, TestRun(ChainPipeline(), "s")));
}

TEST_F(LeaseKeeperTest, ALeaseThatIsRenewedInTimeChangesNothing) {
  ASSERT_OK(**Submit(a_, TestRun(ChainPipeline(), "r")));
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(kTtl / 3);
    Turn(a_);
    Turn(b_);
  }
  Succeed(a_, "r/load/1");
  EXPECT_THAT(a_.fleet.Running(), ElementsAre("r/train/1"));
  EXPECT_THAT(b_.fleet.executes(), IsEmpty());
}

TEST_F(LeaseKeeperTest, OneThatWasStoppedPastItsLeaseDoesNothingTwice) {
  ASSERT_OK(**Submit(a_, TestRun(ChainPipeline(), "r")));
  clock_.Advance(kTtl);
  Turn(b_);
  Succeed(b_, "r/load/1");
  // The end of the first step reaches the old holder, too, before it knows.
  Succeed(a_, "r/load/1");
  EXPECT_THAT(a_.fleet.Running(), IsEmpty());
  Turn(a_);
  EXPECT_EQ(a_.engine.feeds().Find("r"), nullptr);
  Succeed(b_, "r/train/1");
  EXPECT_EQ(StateOf("r"), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(store_.GetRun("r")->steps(1).attempts_size(), 1);
  // It goes on under a new name.
  ASSERT_OK(**Submit(a_, TestRun(ChainPipeline(), "s")));
  EXPECT_THAT(a_.fleet.Running(), ElementsAre("s/load/1"));
}

TEST_F(LeaseKeeperTest, ATakenRunIsNoLongerWrittenByItsFormerHolder) {
  ASSERT_OK(**Submit(a_, TestRun(ChainPipeline(), "r")));
  clock_.Advance(kTtl);
  Turn(b_);
  clock_.Advance(kTtl);
  Member c("c", store_, clock_, metrics_);
  // `c` holds the run and has not written it yet.
  ASSERT_TRUE(b_.fleet.Finish("r/load/1",
                              TestResult("r/load/1", absl::Milliseconds(5))));
  b_.engine.HoldUntil("b", absl::InfiniteDuration());  // it thinks
  Settle(b_);
  EXPECT_EQ(b_.engine.feeds().Find("r"), nullptr);
  EXPECT_EQ(store_.GetRun("r")->steps(0).state(), v1::STEP_STATE_RUNNING);
}

TEST_F(LeaseKeeperTest, OneThatStopsGivesItsRunsToTheOthersAtOnce) {
  ASSERT_OK(**Submit(a_, TestRun(ChainPipeline(), "r")));
  a_.engine.Stop();
  a_.keeper.Release();
  Turn(b_);
  EXPECT_THAT(b_.fleet.Running(), ElementsAre("r/load/1"));
}

TEST_F(LeaseKeeperTest, AWishForARunOfAnotherReachesIt) {
  ASSERT_OK(**Submit(a_, TestRun(ChainPipeline(), "r")));
  const std::shared_ptr<RunAnswer> answer = Cancel(b_, "r");
  ASSERT_TRUE(answer->has_value());
  ASSERT_OK(**answer);
  EXPECT_EQ(StateOf("r"), v1::RUN_STATE_RUNNING);
  Turn(a_);
  EXPECT_EQ(StateOf("r"), v1::RUN_STATE_STOPPING);
  EXPECT_EQ(a_.fleet.cancels().size(), 1u);
  Turn(a_);
  EXPECT_EQ(a_.fleet.cancels().size(), 1u);
}

TEST_F(LeaseKeeperTest, OneKeyMakesOneRunAlsoInTwoEngines) {
  v1::Run first = TestRun(ChainPipeline(), "r");
  first.set_idempotency_key("key");
  v1::Run second = TestRun(ChainPipeline(), "s");
  second.set_idempotency_key("key");
  ASSERT_OK(**Submit(a_, first));
  const std::shared_ptr<RunAnswer> answer = Submit(b_, second);
  ASSERT_TRUE(answer->has_value());
  ASSERT_OK(**answer);
  EXPECT_EQ((**answer)->id(), "r");
  EXPECT_THAT(b_.fleet.Running(), IsEmpty());
}

class SharedPlacesTest : public LeaseKeeperTest {
 protected:
  SharedPlacesTest() { pipeline_.set_max_concurrent_runs(1); }

  void End(Member& member, const std::string& run_id) {
    Succeed(member, run_id + "/load/1");
    Succeed(member, run_id + "/train/1");
  }

  v1::Pipeline pipeline_ = ChainPipeline();
};

TEST_F(SharedPlacesTest, TheLimitOfAPipelineHoldsOverAllOrchestrators) {
  ASSERT_OK(**Submit(a_, TestRun(pipeline_, "r")));
  ASSERT_OK(**Submit(b_, TestRun(pipeline_, "s")));
  Turn(a_);
  Turn(b_);
  EXPECT_THAT(a_.fleet.Running(), ElementsAre("r/load/1"));
  EXPECT_THAT(b_.fleet.Running(), IsEmpty());
  EXPECT_EQ(StateOf("s"), v1::RUN_STATE_PENDING);
  End(a_, "r");
  Turn(b_);
  EXPECT_THAT(b_.fleet.Running(), ElementsAre("s/load/1"));
}

TEST_F(SharedPlacesTest, AFreePlaceGoesToTheHighestPriorityWhereverItWaits) {
  ASSERT_OK(**Submit(a_, TestRun(pipeline_, "r")));
  Turn(a_);
  ASSERT_OK(**Submit(a_, TestRun(pipeline_, "s")));
  v1::Run urgent = TestRun(pipeline_, "urgent");
  urgent.set_priority(1);
  ASSERT_OK(**Submit(b_, urgent));
  Turn(b_);
  End(a_, "r");
  Turn(a_);
  Turn(b_);
  EXPECT_THAT(a_.fleet.Running(), IsEmpty());
  EXPECT_THAT(b_.fleet.Running(), ElementsAre("urgent/load/1"));
}

TEST_F(SharedPlacesTest, ARunThatIsTakenOverKeepsItsPlaceOrItsPlaceInTheLine) {
  ASSERT_OK(**Submit(a_, TestRun(pipeline_, "r")));
  Turn(a_);
  ASSERT_OK(**Submit(a_, TestRun(pipeline_, "s")));
  Turn(a_);
  clock_.Advance(kTtl);
  Turn(b_);
  ASSERT_OK(**Submit(b_, TestRun(pipeline_, "t")));
  Turn(b_);
  EXPECT_THAT(b_.fleet.Running(), ElementsAre("r/load/1"));
  End(b_, "r");
  Turn(b_);
  EXPECT_THAT(b_.fleet.Running(), ElementsAre("s/load/1"));
}

TEST_F(SharedPlacesTest, APlaceThatComesTooLateForAPausedRunIsNotTaken) {
  a_.fleet.SetBusy("load", "load-0:1", true);
  ASSERT_OK(**Submit(a_, TestRun(pipeline_, "r")));
  a_.keeper.TurnForTest();  // the place is on its way
  const auto paused = std::make_shared<RunAnswer>();
  a_.engine.PauseRun("r", Into(paused));
  Settle(a_);
  ASSERT_OK(**paused);
  ASSERT_OK(**Submit(b_, TestRun(pipeline_, "s")));
  Turn(b_);
  EXPECT_THAT(b_.fleet.Running(), ElementsAre("s/load/1"));
  a_.fleet.SetBusy("load", "load-0:1", false);
  a_.engine.ResumeRun("r", Into(paused));
  Turn(a_);
  EXPECT_THAT(a_.fleet.Running(), IsEmpty());
  End(b_, "s");
  Turn(a_);
  EXPECT_THAT(a_.fleet.Running(), ElementsAre("r/load/1"));
}

TEST_F(SharedPlacesTest, WithoutALimitARunAsksNobody) {
  ASSERT_OK(**Submit(a_, TestRun(ChainPipeline(), "r")));
  EXPECT_THAT(a_.fleet.Running(), ElementsAre("r/load/1"));
}

TEST(LeaseOptionsTest, TheMarginLeavesTimeToRenew) {
  EXPECT_OK(LeaseOptions{.name = "a"}.Validate());
  EXPECT_THAT(
      (LeaseOptions{.name = "a", .ttl = absl::Milliseconds(10)}.Validate()),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at least 1s")));
  EXPECT_THAT((LeaseOptions{.name = "a", .ttl = kTtl, .margin = kTtl * 2 / 3}
                   .Validate()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("less than two thirds of 15s")));
}

}  // namespace
}  // namespace stagecoach
