// How GrpcFleet follows its replicas. What it does with executions is in
// grpc_fleet_execution_test.cc.

#include "orchestrator/fleet/grpc_fleet.h"

#include <set>

#include "orchestrator/fleet/grpc_fleet_fixture.h"
#include "services/common/base/metrics.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST_F(GrpcFleetTest, FindsAReplicaThatServesAndSaysSo) {
  ScriptedStage stage("train", 2);
  ASSERT_OK(stage.Start());
  StartFleet({"train=" + stage.address()});
  ASSERT_TRUE(AwaitNotices(1));
  EXPECT_THAT(fleet_->Acquire("train"), IsOkAndHolds(stage.address()));
  EXPECT_OK(fleet_->CheckServing("train"));
  const auto description = fleet_->Describe("train");
  ASSERT_OK(description);
  EXPECT_EQ(description->version(), "1.0.0");
  EXPECT_EQ(Replica(stage.address()).slots(), 2);
  EXPECT_EQ(Replica(stage.address()).slots_used(), 1);
}

TEST_F(GrpcFleetTest, KnowsAReplicaThatServesOnceContactWasAwaited) {
  ScriptedStage stage("train", 1);
  ASSERT_OK(stage.Start());
  StartFleet({"train=" + stage.address()});
  fleet_->AwaitContact(absl::Seconds(30));
  EXPECT_OK(fleet_->CheckServing("train"));
}

TEST_F(GrpcFleetTest, AwaitsContactWithTheReplicasOfADnsName) {
  ScriptedStage stage("train", 1);
  ASSERT_OK(stage.Start());
  options_.lookup = [address = stage.address()](const HostPort&) {
    return std::vector<std::string>{address};
  };
  StartFleet({"train=dns:///train:1"});
  fleet_->AwaitContact(kLimit);
  EXPECT_OK(fleet_->CheckServing("train"));
}

TEST_F(GrpcFleetTest, AwaitsNobodyWhoIsKnownToBeAway) {
  StartFleet({"train=" + ClosedAddress()});
  fleet_->AwaitContact(absl::InfiniteDuration());
  EXPECT_THAT(fleet_->CheckServing("train"),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(GrpcFleetTest, AnswersForAStageThatIsNotConfigured) {
  StartFleet({"train=" + ClosedAddress()});
  EXPECT_THAT(fleet_->Acquire("trian"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("\"train\"")));
  EXPECT_THAT(fleet_->Describe("trian"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(fleet_->CheckServing("trian"),
              StatusIs(absl::StatusCode::kNotFound));
  fleet_->AcquireAt("trian", "a:1");
  fleet_->Release("trian", "a:1", absl::ZeroDuration());
}

TEST_F(GrpcFleetTest, SaysInAWordWhyAReplicaCannotBeReached) {
  const std::string closed = ClosedAddress();
  StartFleet({"train=" + closed});
  ASSERT_TRUE(AwaitReason(closed, "connection refused"));
  const auto says_why =
      StatusIs(absl::StatusCode::kUnavailable,
               AllOf(HasSubstr("\"train\" has no serving replica"),
                     HasSubstr(closed + ": connection refused")));
  EXPECT_THAT(fleet_->Acquire("train"), says_why);
  EXPECT_THAT(fleet_->CheckServing("train"), says_why);
  EXPECT_THAT(fleet_->Describe("train"), says_why);
}

TEST_F(GrpcFleetTest, NoticesAReplicaThatStopsAndFindsItAgain) {
  ScriptedStage stage("train", 1);
  ASSERT_OK(stage.Start());
  StartFleet({"train=" + stage.address()});
  ASSERT_TRUE(AwaitServing(stage.address()));
  for (int restart = 0; restart < 3; ++restart) {
    stage.Stop();
    ASSERT_TRUE(AwaitReason(stage.address(), "connection refused"));
    EXPECT_OK(fleet_->Describe("train")) << "what it said is still known";
    ASSERT_OK(stage.Start());
    ASSERT_TRUE(AwaitServing(stage.address()));
  }
  EXPECT_EQ(stage.describes(), 4) << "each connection asks once";
}

TEST_F(GrpcFleetTest, FindsAReplicaThatStartsAfterTheFleet) {
  ScriptedStage stage("train", 1);
  ASSERT_OK(stage.Start());
  stage.Stop();
  StartFleet({"train=" + stage.address()});
  ASSERT_TRUE(AwaitReason(stage.address(), "connection refused"));
  ASSERT_OK(stage.Start());
  ASSERT_TRUE(AwaitNotices(1));
  EXPECT_OK(fleet_->Acquire("train"));
}

TEST_F(GrpcFleetTest, GivesNothingToAReplicaThatIsNotServing) {
  ScriptedStage stage("train", 1);
  ASSERT_OK(stage.Start());
  StartFleet({"train=" + stage.address()});
  ASSERT_TRUE(AwaitNotices(1));
  stage.SetServing(false);
  ASSERT_TRUE(AwaitReason(stage.address(), "NOT_SERVING"));
  EXPECT_THAT(fleet_->Acquire("train"),
              StatusIs(absl::StatusCode::kUnavailable));
  stage.SetServing(true);
  EXPECT_TRUE(AwaitNotices(2));
  EXPECT_OK(fleet_->Acquire("train"));
}

TEST_F(GrpcFleetTest, GivesToTheLeastBusyReplica) {
  ScriptedStage large("train", 3);
  ScriptedStage small("train", 1);
  ASSERT_OK(large.Start());
  ASSERT_OK(small.Start());
  StartFleet({"train=" + large.address() + "," + small.address()});
  ASSERT_TRUE(AwaitServing(large.address()));
  ASSERT_TRUE(AwaitServing(small.address()));
  std::multiset<std::string> taken;
  for (int i = 0; i < 4; ++i) {
    const auto address = fleet_->Acquire("train");
    ASSERT_OK(address);
    taken.insert(*address);
    if (i == 1) {
      EXPECT_EQ(taken.count(small.address()), 1);
    }
  }
  EXPECT_EQ(taken.count(large.address()), 3);
  EXPECT_THAT(fleet_->Acquire("train"),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(GrpcFleetTest, TellsOfASlotThatIsGivenBackToWhoFoundNone) {
  ScriptedStage stage("train", 1);
  ASSERT_OK(stage.Start());
  StartFleet({"train=" + stage.address()});
  ASSERT_TRUE(AwaitNotices(1));
  ASSERT_OK(fleet_->Acquire("train"));
  EXPECT_THAT(fleet_->Acquire("train"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(notices(), 1);
  fleet_->Release("train", stage.address(), absl::ZeroDuration());
  EXPECT_TRUE(AwaitNotices(2));
}

TEST_F(GrpcFleetTest, RestsAReplicaThatRefusedAndTellsWhenThatIsOver) {
  ScriptedStage stage("train", 1);
  ASSERT_OK(stage.Start());
  StartFleet({"train=" + stage.address()});
  ASSERT_TRUE(AwaitNotices(1));
  ASSERT_OK(fleet_->Acquire("train"));
  fleet_->Release("train", stage.address(), absl::Milliseconds(200));
  EXPECT_THAT(fleet_->Acquire("train"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_OK(fleet_->CheckServing("train"));
  ASSERT_TRUE(AwaitNotices(2));
  EXPECT_OK(fleet_->Acquire("train"));
}

TEST_F(GrpcFleetTest, ASecondRefusalThatEndsFirstIsToldFirst) {
  ScriptedStage first("train", 1);
  ScriptedStage second("train", 1);
  ASSERT_OK(first.Start());
  ASSERT_OK(second.Start());
  StartFleet({"train=" + first.address() + "," + second.address()});
  ASSERT_TRUE(AwaitServing(first.address()));
  ASSERT_TRUE(AwaitServing(second.address()));
  ASSERT_TRUE(AwaitNotices(1));
  ASSERT_OK(fleet_->Acquire("train"));
  ASSERT_OK(fleet_->Acquire("train"));
  fleet_->Release("train", first.address(), absl::Hours(1));
  fleet_->Release("train", second.address(), absl::Milliseconds(50));
  EXPECT_THAT(fleet_->Acquire("train"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  ASSERT_TRUE(AwaitNotices(2));
  EXPECT_THAT(fleet_->Acquire("train"), IsOkAndHolds(second.address()));
}

TEST_F(GrpcFleetTest, DoesNotUseAReplicaOfAnotherStage) {
  ScriptedStage stage("load", 1);
  ASSERT_OK(stage.Start());
  StartFleet({"train=" + stage.address()});
  ASSERT_TRUE(AwaitReason(stage.address(), "it is stage \"load\""));
  EXPECT_THAT(fleet_->Describe("train"),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(GrpcFleetTest, AsksAgainWhenDescribeFails) {
  ScriptedStage stage("train", 1);
  stage.SetDescribeError(absl::InternalError("out of order"));
  ASSERT_OK(stage.Start());
  StartFleet({"train=" + stage.address()});
  ASSERT_TRUE(AwaitReason(stage.address(), "out of order"));
  stage.SetDescribeError(absl::OkStatus());
  EXPECT_TRUE(AwaitServing(stage.address()));
}

TEST_F(GrpcFleetTest, TheNewestDescriptionOfAStageCounts) {
  ScriptedStage old_build("train", 1);
  ScriptedStage new_build("train", 1);
  v1::StageDescription description = new_build.description();
  description.set_version("2.0.0");
  new_build.SetDescription(description);
  ASSERT_OK(old_build.Start());
  ASSERT_OK(new_build.Start());
  new_build.Stop();
  StartFleet({"train=" + old_build.address() + "," + new_build.address()});
  ASSERT_TRUE(AwaitServing(old_build.address()));
  EXPECT_EQ(fleet_->Describe("train")->version(), "1.0.0");
  ASSERT_OK(new_build.Start());
  ASSERT_TRUE(AwaitServing(new_build.address()));
  EXPECT_EQ(fleet_->Describe("train")->version(), "2.0.0");
}

TEST_F(GrpcFleetTest, FindsTheReplicasOfADnsName) {
  ScriptedStage stage("train", 1);
  ASSERT_OK(stage.Start());
  const std::string port = stage.address().substr(stage.address().find(':'));
  StartFleet({"train=dns:///localhost" + port});
  EXPECT_TRUE(AwaitServing(stage.address()));
}

TEST_F(GrpcFleetTest, SaysThatADnsNameIsNotThere) {
  StartFleet({"train=dns:///train.invalid:50051"});
  ASSERT_TRUE(AwaitReason("dns:///train.invalid:50051", "DNS name"));
  EXPECT_THAT(fleet_->Acquire("train"),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("DNS name \"train.invalid\"")));
}

TEST_F(GrpcFleetTest, ReplicasComeAndGoWithTheirDnsName) {
  ScriptedStage first("train", 1);
  ScriptedStage second("train", 1);
  ASSERT_OK(first.Start());
  ASSERT_OK(second.Start());
  SetFound(first.address());
  FindNames();
  StartFleet({"train=dns:///train:1"});
  ASSERT_TRUE(AwaitServing(first.address()));
  SetFound(second.address());
  EXPECT_TRUE(AwaitServing(second.address()));
  EXPECT_TRUE(AwaitKnown(first.address(), false));
}

TEST_F(GrpcFleetTest, ExportsReplicasAndSlots) {
  ScriptedStage stage("train", 3);
  ASSERT_OK(stage.Start());
  StartFleet({"train=" + stage.address() + "," + ClosedAddress()});
  ASSERT_TRUE(AwaitServing(stage.address()));
  ASSERT_OK(fleet_->Acquire("train"));
  const auto value = [this](const char* name, const std::string& state) {
    return MetricValue(registry_, name,
                       "stage=\"train\",state=\"" + state + "\"");
  };
  EXPECT_EQ(value("stagecoach_fleet_replicas", "serving"), 1);
  EXPECT_TRUE(Await([&] {
    return value("stagecoach_fleet_replicas", "unreachable") == 1 &&
           value("stagecoach_fleet_replicas", "connecting") == 0;
  }));
  EXPECT_EQ(value("stagecoach_fleet_slots", "free"), 2);
  EXPECT_EQ(value("stagecoach_fleet_slots", "used"), 1);
}

}  // namespace
}  // namespace stagecoach
