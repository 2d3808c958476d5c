#include "orchestrator/fleet/fake_fleet.h"

#include <thread>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FakeFleetTest : public testing::Test {
 protected:
  FakeFleetTest() : fleet_(clock_) {
    v1::StageDescription train;
    train.set_name("train");
    fleet_.AddStage(train);
    fleet_.SetCapacityListener(
        [this](const std::string& stage) { notices_.push_back(stage); });
  }

  // Executes "r/train/1" on `address` and records its end in `ends_`.
  void Execute(const std::string& address) {
    v1::ExecuteRequest request;
    request.set_execution_id("r/train/1");
    fleet_.Execute("train", address, request, {.deadline = absl::Minutes(1)},
                   {[this](const v1::Progress& progress) {
                      fractions_.push_back(progress.fraction());
                    },
                    [this](absl::StatusOr<v1::ExecutionResult> end) {
                      ends_.push_back(std::move(end));
                      end_thread_ = std::this_thread::get_id();
                    }});
  }

  FakeClock clock_;
  FakeFleet fleet_;
  std::vector<std::string> notices_;
  std::vector<double> fractions_;
  std::vector<absl::StatusOr<v1::ExecutionResult>> ends_;
  std::thread::id end_thread_;
};

TEST_F(FakeFleetTest, HandsOutEachSlotOnce) {
  fleet_.AddReplica("train", "a:1", 1);
  EXPECT_THAT(fleet_.Acquire("train"), IsOkAndHolds("a:1"));
  EXPECT_THAT(fleet_.Acquire("train"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(fleet_.SlotsUsed("train"), 1);
}

TEST_F(FakeFleetTest, AnswersForAStageThatIsNotConfigured) {
  EXPECT_THAT(fleet_.Acquire("trian"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(fleet_.Describe("trian"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(fleet_.CheckServing("trian"),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(FakeFleetTest, SaysWhyNoReplicaServes) {
  fleet_.AddReplica("train", "a:1", 1);
  fleet_.StopServing("train", "a:1", "draining");
  EXPECT_THAT(fleet_.Acquire("train"), StatusIs(absl::StatusCode::kUnavailable,
                                                HasSubstr("a:1: draining")));
  EXPECT_THAT(fleet_.CheckServing("train"),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(FakeFleetTest, TellsOfReleasedCapacityOnlyWhenDelivering) {
  fleet_.AddReplica("train", "a:1", 1);
  notices_.clear();
  ASSERT_OK(fleet_.Acquire("train"));
  fleet_.Acquire("train").IgnoreError();
  fleet_.Release("train", "a:1", absl::ZeroDuration());
  EXPECT_THAT(notices_, IsEmpty());
  fleet_.Deliver();
  EXPECT_THAT(notices_, ElementsAre("train"));
}

TEST_F(FakeFleetTest, TellsOfARefusalThatHasEnded) {
  fleet_.AddReplica("train", "a:1", 1);
  notices_.clear();
  ASSERT_OK(fleet_.Acquire("train"));
  fleet_.Release("train", "a:1", absl::Seconds(1));
  EXPECT_THAT(fleet_.Acquire("train"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  fleet_.Deliver();
  EXPECT_THAT(notices_, IsEmpty());
  clock_.Advance(absl::Seconds(1));
  fleet_.Deliver();
  EXPECT_THAT(notices_, ElementsAre("train"));
}

TEST_F(FakeFleetTest, ABusyReplicaThatComesFreeIsTold) {
  fleet_.AddReplica("train", "a:1", 1);
  fleet_.SetBusy("train", "a:1", true);
  notices_.clear();
  EXPECT_THAT(fleet_.Acquire("train"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  fleet_.SetBusy("train", "a:1", false);
  EXPECT_THAT(notices_, ElementsAre("train"));
}

TEST_F(FakeFleetTest, ReportsAndEndsAnExecutionByHand) {
  fleet_.AddReplica("train", "a:1", 1);
  Execute("a:1");
  v1::Progress half;
  half.set_fraction(0.5);
  EXPECT_TRUE(fleet_.Report("r/train/1", half));
  EXPECT_TRUE(fleet_.Finish("r/train/1", v1::ExecutionResult()));
  EXPECT_THAT(fractions_, ElementsAre(0.5));
  EXPECT_THAT(ends_, ElementsAre(IsOk()));
  EXPECT_FALSE(fleet_.Finish("r/train/1", v1::ExecutionResult()));
  EXPECT_FALSE(fleet_.Report("r/train/1", half));
}

TEST_F(FakeFleetTest, AReplicaThatVanishesBreaksItsStreams) {
  fleet_.AddReplica("train", "a:1", 1);
  Execute("a:1");
  fleet_.Vanish("train", "a:1");
  EXPECT_THAT(ends_, ElementsAre(StatusIs(absl::StatusCode::kUnavailable)));
}

TEST_F(FakeFleetTest, CallingAReplicaThatIsNotThereEndsWhenDelivering) {
  Execute("gone:1");
  EXPECT_THAT(ends_, IsEmpty());
  fleet_.Deliver();
  EXPECT_THAT(ends_, ElementsAre(StatusIs(absl::StatusCode::kUnavailable)));
}

TEST_F(FakeFleetTest, AReplicaThatDrainsKeepsItsExecutions) {
  fleet_.AddReplica("train", "a:1", 1);
  Execute("a:1");
  fleet_.StopServing("train", "a:1", "draining");
  EXPECT_THAT(fleet_.Running(), ElementsAre("r/train/1"));
}

TEST_F(FakeFleetTest, RemembersItsCalls) {
  fleet_.AddReplica("train", "a:1", 1);
  Execute("a:1");
  v1::CancelRequest cancel;
  cancel.set_execution_id("r/train/1");
  fleet_.Cancel("train", "a:1", cancel);
  ASSERT_EQ(fleet_.executes().size(), 1);
  EXPECT_EQ(fleet_.executes()[0].request.execution_id(), "r/train/1");
  EXPECT_EQ(fleet_.executes()[0].deadline, absl::Minutes(1));
  ASSERT_EQ(fleet_.cancels().size(), 1);
  EXPECT_EQ(fleet_.cancels()[0].address, "a:1");
}

TEST_F(FakeFleetTest, ShutdownEndsCallbacksFromAnotherThread) {
  fleet_.AddReplica("train", "a:1", 1);
  Execute("a:1");
  fleet_.Shutdown();
  EXPECT_THAT(ends_, ElementsAre(StatusIs(absl::StatusCode::kUnavailable)));
  EXPECT_NE(end_thread_, std::this_thread::get_id());
}

TEST_F(FakeFleetTest, WaitsForAnExecutionOfAnotherThread) {
  std::thread engine([this] { Execute("a:1"); });
  EXPECT_TRUE(fleet_.WaitForExecution("r/train/1", absl::Minutes(1)));
  engine.join();
  EXPECT_FALSE(fleet_.WaitForExecution("other", absl::ZeroDuration()));
}

TEST_F(FakeFleetTest, ListsStagesWithTheirReplicas) {
  fleet_.AddReplica("train", "a:1", 2);
  ASSERT_OK(fleet_.Acquire("train"));
  const std::vector<v1::StageStatus> stages = fleet_.ListStages();
  ASSERT_EQ(stages.size(), 1);
  EXPECT_EQ(stages[0].name(), "train");
  ASSERT_EQ(stages[0].replicas_size(), 1);
  EXPECT_TRUE(stages[0].replicas(0).serving());
  EXPECT_EQ(stages[0].replicas(0).slots(), 2);
  EXPECT_EQ(stages[0].replicas(0).slots_used(), 1);
}

}  // namespace
}  // namespace stagecoach
