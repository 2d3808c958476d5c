// What GrpcFleet does with executions.

#include "orchestrator/fleet/grpc_fleet.h"
#include "orchestrator/fleet/grpc_fleet_fixture.h"
#include "services/common/base/metrics.h"
#include "services/common/base/retry_hint.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kOwnCalls[] =
    "grpc_method=\"Execute\",grpc_service=\"stagecoach.v1.StageService\","
    "grpc_type=\"server_stream\"";
constexpr char kSessions[] =
    "grpc_method=\"ExecuteMany\","
    "grpc_service=\"stagecoach.v1.SessionService\",grpc_type=\"bidi_stream\"";

// With replicas that serve sessions, and with such as do not.
class GrpcFleetExecutionTest : public GrpcFleetTest,
                               public testing::WithParamInterface<bool> {
 protected:
  GrpcFleetExecutionTest() : stage_("train", 2, /*with_sessions=*/GetParam()) {}

  void SetUp() override {
    ASSERT_OK(stage_.Start());
    StartFleet({"train=" + stage_.address()});
    ASSERT_TRUE(AwaitServing(stage_.address()));
  }

  // Begins "r/train/1" and waits until it is there.
  void BeginExecution() {
    Execute("train", stage_.address(), "r/train/1");
    ASSERT_TRUE(stage_.AwaitExecution("r/train/1"));
  }

  double Started(const std::string& labels) {
    return MetricValue(registry_, "grpc_client_started_total", labels);
  }

  ScriptedStage stage_;
};

INSTANTIATE_TEST_SUITE_P(, GrpcFleetExecutionTest, testing::Bool(),
                         [](const auto& test) {
                           return test.param ? "Sessions" : "OwnCalls";
                         });

TEST_P(GrpcFleetExecutionTest, ReportsProgressAndTheResult) {
  BeginExecution();
  v1::Progress progress;
  progress.set_fraction(0.25);
  stage_.Report("r/train/1", progress);
  progress.set_fraction(0.5);
  stage_.Report("r/train/1", progress);
  v1::ExecutionResult result;
  (*result.mutable_metrics())["loss"] = 0.125;
  stage_.Finish("r/train/1", result);
  const Outcome outcome = AwaitEnd();
  ASSERT_OK(outcome.end);
  EXPECT_EQ(outcome.end->metrics().at("loss"), 0.125);
  EXPECT_THAT(outcome.fractions, ElementsAre(0.25, 0.5));
}

TEST_P(GrpcFleetExecutionTest, CallsOnceForAllOrOnceForEach) {
  for (const std::string id : {"r/train/1", "s/train/1", "t/train/1"}) {
    Execute("train", stage_.address(), id);
    ASSERT_TRUE(stage_.AwaitExecution(id));
    stage_.Finish(id, v1::ExecutionResult());
    ASSERT_OK(AwaitEnd().end);
    Forget();
  }
  EXPECT_EQ(Started(kSessions), 1);
  EXPECT_EQ(Started(kOwnCalls), GetParam() ? 0 : 3);
}

TEST_P(GrpcFleetExecutionTest, ALargeRequestGetsACallOfItsOwn) {
  v1::ExecuteRequest request;
  request.set_execution_id("r/train/1");
  request.set_log_uri(std::string(1 << 20, 'x'));
  Execute("train", stage_.address(), request);
  ASSERT_TRUE(stage_.AwaitExecution("r/train/1"));
  stage_.Finish("r/train/1", v1::ExecutionResult());
  ASSERT_OK(AwaitEnd().end);
  EXPECT_EQ(Started(kOwnCalls), 1);
  EXPECT_EQ(Started(kSessions), 0);
}

TEST_P(GrpcFleetExecutionTest, ExecutesAgainAtAReplicaThatWasLost) {
  BeginExecution();
  stage_.Stop();
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kUnavailable));
  Forget();
  ASSERT_OK(stage_.Start());
  ASSERT_TRUE(AwaitServing(stage_.address()));
  BeginExecution();
  stage_.Finish("r/train/1", v1::ExecutionResult());
  EXPECT_OK(AwaitEnd().end);
}

TEST_P(GrpcFleetExecutionTest, PassesOnWhatTheStageSays) {
  BeginExecution();
  stage_.Finish("r/train/1", absl::DataLossError("input \"X_train\" differs"));
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kDataLoss,
                                       "input \"X_train\" differs"));
}

TEST_P(GrpcFleetExecutionTest, PassesOnWhenToTryAFullReplicaAgain) {
  absl::Status full = absl::ResourceExhaustedError("no free slot");
  SetRetryHint(full, absl::Milliseconds(250));
  stage_.SetRefusal(full);
  Execute("train", stage_.address(), "r/train/1");
  const Outcome outcome = AwaitEnd();
  EXPECT_THAT(outcome.end, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(RetryHint(outcome.end.status()), absl::Milliseconds(250));
}

TEST_P(GrpcFleetExecutionTest, ALostReplicaIsUnavailable) {
  BeginExecution();
  stage_.Stop();
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kUnavailable,
                                       HasSubstr(stage_.address())));
}

TEST_P(GrpcFleetExecutionTest, AReplicaThatCannotBeReachedIsUnavailable) {
  Execute("train", ClosedAddress(), "r/train/1");
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_P(GrpcFleetExecutionTest, EndsAtItsDeadline) {
  Execute("train", stage_.address(), "r/train/1", absl::Milliseconds(20));
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_P(GrpcFleetExecutionTest, AStageThatIsNotConfiguredEndsWithNotFound) {
  Execute("trian", stage_.address(), "r/train/1");
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(GrpcFleetExecutionTest, CancelReachesTheReplica) {
  BeginExecution();
  v1::CancelRequest request;
  request.set_execution_id("r/train/1");
  fleet_->Cancel("train", stage_.address(), request);
  EXPECT_TRUE(stage_.AwaitCancel("r/train/1"));
  stage_.Finish("r/train/1", absl::CancelledError("on request"));
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kCancelled));
}

TEST_P(GrpcFleetExecutionTest, JoinsAnExecutionAtAnAddressThatIsNotTheStages) {
  ScriptedStage elsewhere("train", 1, GetParam());
  ASSERT_OK(elsewhere.Start());
  fleet_->AcquireAt("train", elsewhere.address());
  Execute("train", elsewhere.address(), "r/train/1");
  ASSERT_TRUE(elsewhere.AwaitExecution("r/train/1"));
  EXPECT_EQ(Replica(elsewhere.address()).slots_used(), 1);
  elsewhere.Finish("r/train/1", v1::ExecutionResult());
  EXPECT_OK(AwaitEnd().end);
  fleet_->Release("train", elsewhere.address(), absl::ZeroDuration());
  EXPECT_EQ(Replica(elsewhere.address()).address(), "") << "it is forgotten";
}

TEST_P(GrpcFleetExecutionTest, ShutdownLeavesExecutionsToTheirReplica) {
  BeginExecution();
  fleet_->Shutdown();
  const Outcome ended = outcome();
  EXPECT_EQ(ended.ends, 1) << "Shutdown waits for it";
  EXPECT_THAT(ended.end, StatusIs(absl::StatusCode::kUnavailable,
                                  HasSubstr("orchestrator is stopping")));
  EXPECT_TRUE(stage_.AwaitAbandoned("r/train/1"));
  EXPECT_FALSE(stage_.WasCancelled("r/train/1"));
}

TEST_P(GrpcFleetExecutionTest, ExecutesNothingAfterShutdown) {
  fleet_->Shutdown();
  Execute("train", stage_.address(), "r/train/1");
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(GrpcFleetTest, OpensNoSessionIfNoneIsWanted) {
  ScriptedStage stage("train", 1, /*with_sessions=*/true);
  ASSERT_OK(stage.Start());
  options_.sessions = false;
  StartFleet({"train=" + stage.address()});
  Execute("train", stage.address(), "r/train/1");
  ASSERT_TRUE(stage.AwaitExecution("r/train/1"));
  stage.Finish("r/train/1", v1::ExecutionResult());
  EXPECT_OK(AwaitEnd().end);
  EXPECT_EQ(MetricValue(registry_, "grpc_client_started_total", kOwnCalls), 1);
  fleet_->Shutdown();  // before `stage` goes
}

TEST_F(GrpcFleetTest, AnExecutionsOwnStreamThatEndsWithoutAResultIsADefect) {
  ScriptedStage stage("train", 1);
  ASSERT_OK(stage.Start());
  StartFleet({"train=" + stage.address()});
  Execute("train", stage.address(), "r/train/1");
  ASSERT_TRUE(stage.AwaitExecution("r/train/1"));
  stage.FinishWithoutResult("r/train/1");
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kInternal,
                                       AllOf(HasSubstr(stage.address()),
                                             HasSubstr("without a result"))));
  fleet_->Shutdown();  // before `stage` goes
}

TEST_F(GrpcFleetTest, AnExecutionGoesOnAtAReplicaThatIsNoLongerFound) {
  ScriptedStage first("train", 1);
  ScriptedStage second("train", 1);
  ASSERT_OK(first.Start());
  ASSERT_OK(second.Start());
  SetFound(first.address());
  FindNames();
  StartFleet({"train=dns:///train:1"});
  ASSERT_TRUE(AwaitNotices(1));
  ASSERT_THAT(fleet_->Acquire("train"), IsOkAndHolds(first.address()));
  Execute("train", first.address(), "r/train/1");
  ASSERT_TRUE(first.AwaitExecution("r/train/1"));
  SetFound(second.address());
  ASSERT_TRUE(AwaitReason(first.address(), "not an address of the stage"));
  first.Finish("r/train/1", v1::ExecutionResult());
  EXPECT_OK(AwaitEnd().end);
  fleet_->Release("train", first.address(), absl::ZeroDuration());
  EXPECT_TRUE(AwaitKnown(first.address(), false));
}

}  // namespace
}  // namespace stagecoach
