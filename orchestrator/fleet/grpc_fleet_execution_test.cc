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

class GrpcFleetExecutionTest : public GrpcFleetTest {
 protected:
  GrpcFleetExecutionTest() : stage_("train", 2) {}

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

  ScriptedStage stage_;
};

TEST_F(GrpcFleetExecutionTest, ReportsProgressAndTheResult) {
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

TEST_F(GrpcFleetExecutionTest, CountsItsCalls) {
  BeginExecution();
  stage_.Finish("r/train/1", v1::ExecutionResult());
  ASSERT_OK(AwaitEnd().end);
  EXPECT_EQ(MetricValue(registry_, "grpc_client_handled_total",
                        "grpc_code=\"OK\",grpc_method=\"Execute\","
                        "grpc_service=\"stagecoach.v1.StageService\","
                        "grpc_type=\"server_stream\""),
            1);
}

TEST_F(GrpcFleetExecutionTest, PassesOnWhatTheStageSays) {
  BeginExecution();
  stage_.Finish("r/train/1", absl::DataLossError("input \"X_train\" differs"));
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kDataLoss,
                                       "input \"X_train\" differs"));
}

TEST_F(GrpcFleetExecutionTest, PassesOnWhenToTryAFullReplicaAgain) {
  absl::Status full = absl::ResourceExhaustedError("no free slot");
  SetRetryHint(full, absl::Milliseconds(250));
  stage_.SetRefusal(full);
  Execute("train", stage_.address(), "r/train/1");
  const Outcome outcome = AwaitEnd();
  EXPECT_THAT(outcome.end, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(RetryHint(outcome.end.status()), absl::Milliseconds(250));
}

TEST_F(GrpcFleetExecutionTest, AStreamThatEndsWithoutAResultIsADefect) {
  BeginExecution();
  stage_.FinishWithoutResult("r/train/1");
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kInternal,
                                       AllOf(HasSubstr(stage_.address()),
                                             HasSubstr("without a result"))));
}

TEST_F(GrpcFleetExecutionTest, ALostReplicaIsUnavailable) {
  BeginExecution();
  stage_.Stop();
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kUnavailable,
                                       HasSubstr(stage_.address())));
}

TEST_F(GrpcFleetExecutionTest, AReplicaThatCannotBeReachedIsUnavailable) {
  Execute("train", ClosedAddress(), "r/train/1");
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(GrpcFleetExecutionTest, EndsAtItsDeadline) {
  Execute("train", stage_.address(), "r/train/1", absl::Milliseconds(20));
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(GrpcFleetExecutionTest, AStageThatIsNotConfiguredEndsWithNotFound) {
  Execute("trian", stage_.address(), "r/train/1");
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(GrpcFleetExecutionTest, CancelReachesTheReplica) {
  BeginExecution();
  v1::CancelRequest request;
  request.set_execution_id("r/train/1");
  fleet_->Cancel("train", stage_.address(), request);
  EXPECT_TRUE(stage_.AwaitCancel("r/train/1"));
  stage_.Finish("r/train/1", absl::CancelledError("on request"));
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(GrpcFleetExecutionTest, JoinsAnExecutionAtAnAddressThatIsNotTheStages) {
  ScriptedStage elsewhere("train", 1);
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

TEST_F(GrpcFleetExecutionTest, ShutdownLeavesExecutionsToTheirReplica) {
  BeginExecution();
  fleet_->Shutdown();
  const Outcome ended = outcome();
  EXPECT_EQ(ended.ends, 1) << "Shutdown waits for it";
  EXPECT_THAT(ended.end, StatusIs(absl::StatusCode::kUnavailable,
                                  HasSubstr("orchestrator is stopping")));
  EXPECT_TRUE(stage_.AwaitAbandoned("r/train/1"));
  EXPECT_FALSE(stage_.WasCancelled("r/train/1"));
}

TEST_F(GrpcFleetExecutionTest, ExecutesNothingAfterShutdown) {
  fleet_->Shutdown();
  Execute("train", stage_.address(), "r/train/1");
  EXPECT_THAT(AwaitEnd().end, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(GrpcFleetTest, AnExecutionGoesOnAtAReplicaThatIsNoLongerFound) {
  ScriptedStage first("train", 1);
  ScriptedStage second("train", 1);
  ASSERT_OK(first.Start());
  ASSERT_OK(second.Start());
  absl::Mutex mutex;
  std::vector<std::string> found = {first.address()};
  options_.dns.refresh = absl::Milliseconds(5);
  options_.lookup =
      [&](const HostPort&) -> absl::StatusOr<std::vector<std::string>> {
    absl::MutexLock lock(&mutex);
    return found;
  };
  StartFleet({"train=dns:///train:1"});
  ASSERT_TRUE(AwaitNotices(1));
  ASSERT_THAT(fleet_->Acquire("train"), IsOkAndHolds(first.address()));
  Execute("train", first.address(), "r/train/1");
  ASSERT_TRUE(first.AwaitExecution("r/train/1"));
  {
    absl::MutexLock lock(&mutex);
    found = {second.address()};
  }
  ASSERT_TRUE(AwaitReason(first.address(), "not an address of the stage"));
  first.Finish("r/train/1", v1::ExecutionResult());
  EXPECT_OK(AwaitEnd().end);
  fleet_->Release("train", first.address(), absl::ZeroDuration());
  EXPECT_TRUE(AwaitKnown(first.address(), false));
  fleet_->Shutdown();  // before `found` goes
}

}  // namespace
}  // namespace stagecoach
