#include "services/common/stagekit/stage_service.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/base/retry_hint.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/proto_time.h"
#include "services/common/stagekit/stage_service_fixture.h"

namespace stagecoach {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StageServiceOptions Slots(int slots) {
  StageServiceOptions options;
  options.slots = slots;
  return options;
}

TEST(StageServiceTest, AnExecutionReportsAndEndsWithItsPublishedOutputs) {
  ServedStage<CopyStage> served;
  v1::ExecuteRequest request = served.CopyRequest();
  (*request.mutable_parameters())["times"] = IntegerValue(2);
  auto call = served.Begin(request);
  ASSERT_OK(call->Finish());
  EXPECT_EQ(call->reports(), 2);
  ASSERT_EQ(call->result().outputs_size(), 1);
  const v1::Artifact& copy = call->result().outputs(0);
  EXPECT_EQ(copy.uri(), "pvc://artifacts/runs/run/step/1/copy.txt");
  EXPECT_EQ(copy.size_bytes(), 6);
  EXPECT_EQ(served.files().Content("runs/run/step/1/copy.txt"), "abcabc");
  EXPECT_EQ(call->result().metrics().at("bytes"), 6);
  EXPECT_EQ(call->result().build_id(), "build");
}

TEST(StageServiceTest, ParametersInputsIdsAndUrisAreCheckedBeforeTheStageRuns) {
  ServedStage<CopyStage> served;
  v1::ExecuteRequest request = served.CopyRequest();
  (*request.mutable_parameters())["tims"] = IntegerValue(2);
  EXPECT_THAT(served.Execute(request),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("did you mean \"times\"?")));
  request = served.CopyRequest();
  (*request.mutable_parameters())["times"] = IntegerValue(0);
  EXPECT_THAT(served.Execute(request),
              StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("'times'")));
  request = served.CopyRequest();
  request.set_execution_id("run/step");
  EXPECT_THAT(
      served.Execute(request),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("execution_id")));
  request = served.CopyRequest();
  request.set_output_prefix("pvc://artifacts/../etc");
  EXPECT_THAT(
      served.Execute(request),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("output_prefix")));
  request = served.CopyRequest();
  (*request.mutable_inputs())["source"].set_uri("pvc://elsewhere/a.txt");
  EXPECT_THAT(
      served.Execute(request),
      StatusIs(absl::StatusCode::kInvalidArgument,
               AllOf(HasSubstr("input 'source'"), HasSubstr("elsewhere"))));
  request = served.CopyRequest();
  request.set_lease_epoch(-1);
  EXPECT_THAT(served.Execute(request), StatusIs(absl::StatusCode::kOutOfRange,
                                                HasSubstr("lease_epoch")));
  request = served.CopyRequest();
  *request.mutable_timeout() = ToProtoDuration(absl::ZeroDuration());
  EXPECT_THAT(served.Execute(request),
              StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("timeout")));
  EXPECT_EQ(served.stage().runs(), 0);
  EXPECT_EQ(served.Metric("stagecoach_stage_rejected_total",
                          "reason=\"bad_request\",stage=\"copy\""),
            7);
}

TEST(StageServiceTest, AMissingInputIsNotFoundAndNamed) {
  ServedStage<CopyStage> served;
  v1::ExecuteRequest request = served.CopyRequest();
  (*request.mutable_inputs())["source"].set_uri("pvc://artifacts/none.txt");
  EXPECT_THAT(served.Execute(request),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("input 'source'"),
                             HasSubstr("pvc://artifacts/none.txt"))));
}

TEST(StageServiceTest, AnOutputThatTheStageForgotIsInternalAndNamed) {
  ServedStage<CopyStage> served;
  v1::ExecuteRequest request = served.CopyRequest();
  (*request.mutable_parameters())["mode"] = StringValue("forget");
  EXPECT_THAT(served.Execute(request), StatusIs(absl::StatusCode::kInternal,
                                                HasSubstr("output 'copy'")));
}

TEST(StageServiceTest, AFailedExecutionLeavesNoOutput) {
  ServedStage<CopyStage> served;
  v1::ExecuteRequest request = served.CopyRequest();
  (*request.mutable_parameters())["mode"] = StringValue("fail");
  EXPECT_THAT(served.Execute(request),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(served.files().AllFiles(),
              testing::ElementsAre("data/source.txt"));
}

TEST(StageServiceTest, ASecondCallJoinsTheRunningExecution) {
  ServedStage<BlockingStage> served;
  auto first = served.Begin(served.Request());
  served.stage().AwaitRuns(1);
  auto second = served.Begin(served.Request());
  served.stage().Release();
  EXPECT_OK(first->Finish());
  EXPECT_OK(second->Finish());
  EXPECT_EQ(served.stage().runs(), 1);
  EXPECT_EQ(second->result().outputs_size(), 1);
}

TEST(StageServiceTest, ConcurrentFirstCallsWithOneIdRunOnce) {
  ServedStage<BlockingStage> served(Slots(8));
  std::vector<std::unique_ptr<ExecuteCall>> calls;
  for (int i = 0; i < 8; ++i) calls.push_back(served.Begin(served.Request()));
  served.stage().Release();
  for (const auto& call : calls) EXPECT_OK(call->Finish());
  EXPECT_EQ(served.stage().runs(), 1);
}

TEST(StageServiceTest, ACallAfterTheEndGetsTheSameEnd) {
  ServedStage<CopyStage> served;
  v1::ExecutionResult first;
  v1::ExecutionResult second;
  ASSERT_OK(served.Execute(served.CopyRequest(), &first));
  ASSERT_OK(served.Execute(served.CopyRequest(), &second));
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  v1::ExecuteRequest failing = served.CopyRequest(2);
  (*failing.mutable_parameters())["mode"] = StringValue("fail");
  const absl::Status failed = served.Execute(failing);
  EXPECT_EQ(served.Execute(failing), failed);
  EXPECT_EQ(served.stage().runs(), 2);
}

TEST(StageServiceTest, AfterARestartThePublishedEndIsReplayed) {
  ServedStage<CopyStage> served;
  v1::ExecutionResult first;
  v1::ExecutionResult second;
  ASSERT_OK(served.Execute(served.CopyRequest(), &first));
  served.Restart();
  ASSERT_OK(served.Execute(served.CopyRequest(), &second));
  EXPECT_EQ(served.stage().runs(), 0);
  ASSERT_EQ(second.outputs_size(), 1);
  EXPECT_EQ(second.outputs(0).SerializeAsString(),
            first.outputs(0).SerializeAsString());
  EXPECT_EQ(second.metrics().at("bytes"), 3);
}

TEST(StageServiceTest, AForgottenEndIsReplayedFromTheVolume) {
  StageServiceOptions options;
  options.ended_capacity = 1;
  ServedStage<CopyStage> served(options);
  ASSERT_OK(served.Execute(served.CopyRequest(1)));
  ASSERT_OK(served.Execute(served.CopyRequest(2)));
  ASSERT_OK(served.Execute(served.CopyRequest(1)));
  EXPECT_EQ(served.stage().runs(), 2);
}

TEST(StageServiceTest, AnOutputPrefixOfAnotherExecutionIsRefused) {
  ServedStage<CopyStage> served;
  ASSERT_OK(served.Execute(served.CopyRequest(1)));
  v1::ExecuteRequest request = served.CopyRequest(2);
  request.set_output_prefix("pvc://artifacts/runs/run/step/1");
  EXPECT_THAT(
      served.Execute(request),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               AllOf(HasSubstr("output_prefix"), HasSubstr("run/step/1"))));
}

TEST(StageServiceTest, WithNoFreeSlotACallIsRefusedWithAHintWhenToComeBack) {
  ServedStage<BlockingStage> served;
  auto first = served.Begin(served.Request(1));
  served.stage().AwaitRuns(1);
  const absl::Status refused = served.Execute(served.Request(2));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted,
                                HasSubstr("no free slot: 1 of 1")));
  EXPECT_EQ(RetryHint(refused), absl::Milliseconds(100));
  EXPECT_EQ(served.Metric("stagecoach_stage_rejected_total",
                          "reason=\"full\",stage=\"block\""),
            1);
  EXPECT_EQ(served.Metric("stagecoach_stage_load", "stage=\"block\""), 1);
  served.stage().Release();
  ASSERT_OK(first->Finish());
  EXPECT_OK(served.Execute(served.Request(2)));
}

TEST(StageServiceTest, AFullReplicaStillReplaysWhatIsPublished) {
  StageServiceOptions options;
  options.ended_capacity = 0;
  ServedStage<BlockingStage> served(options);
  served.stage().Release();
  ASSERT_OK(served.Execute(served.Request(1)));
  served.Restart();
  auto running = served.Begin(served.Request(2));
  served.stage().AwaitRuns(1);
  v1::ExecutionResult replayed;
  EXPECT_OK(served.Execute(served.Request(1), &replayed));
  EXPECT_EQ(replayed.outputs_size(), 1);
  served.stage().Release();
  EXPECT_OK(running->Finish());
}

TEST(StageServiceTest, SlotsAreReusedTheMomentAnEndIsHeard) {
  ServedStage<CopyStage> served;
  for (int attempt = 1; attempt <= 50; ++attempt) {
    ASSERT_OK(served.Execute(served.CopyRequest(attempt))) << attempt;
  }
  EXPECT_EQ(served.stage().runs(), 50);
}

TEST(StageServiceTest, CancelEndsTheExecutionAndLeavesNoOutput) {
  ServedStage<BlockingStage> served;
  auto call = served.Begin(served.Request());
  served.stage().AwaitRuns(1);
  ASSERT_OK(served.Cancel("run/step/1"));
  EXPECT_THAT(call->Finish(), StatusIs(absl::StatusCode::kCancelled,
                                       HasSubstr("run/step/1 was cancelled")));
  EXPECT_EQ(served.service().running(), 0);
  EXPECT_EQ(served.Metric("stagecoach_stage_executions_total",
                          "outcome=\"cancelled\",stage=\"block\""),
            1);
  for (const std::string& file : served.files().AllFiles()) {
    EXPECT_THAT(file, HasSubstr("checkpoint"));
  }
}

TEST(StageServiceTest, CancellingWhatIsNotThereIsOk) {
  ServedStage<CopyStage> served;
  EXPECT_OK(served.Cancel("run/step/1"));
  ASSERT_OK(served.Execute(served.CopyRequest()));
  EXPECT_OK(served.Cancel("run/step/1"));
  EXPECT_OK(served.Execute(served.CopyRequest()));
  EXPECT_THAT(served.Cancel("run"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(StageServiceTest, AnOlderLeaseEpochIsRefusedForTheSameRunOnly) {
  ServedStage<CopyStage> served;
  v1::ExecuteRequest request = served.CopyRequest(1);
  request.set_lease_epoch(7);
  ASSERT_OK(served.Execute(request));
  request.set_lease_epoch(6);
  EXPECT_THAT(served.Execute(request),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("epoch 7")));
  EXPECT_THAT(served.Cancel("run/step/1", 6),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_OK(served.Execute(served.CopyRequest(1, "other-run")));
  request.set_lease_epoch(8);
  EXPECT_OK(served.Execute(request));
  EXPECT_EQ(served.stage().runs(), 2);
}

TEST(StageServiceTest, AnExecutionThatRunsTooLongEndsAsDeadlineExceeded) {
  ServedStage<BlockingStage> served;
  v1::ExecuteRequest request = served.Request();
  *request.mutable_timeout() = ToProtoDuration(absl::Minutes(5));
  auto call = served.Begin(request);
  served.stage().AwaitRuns(1);
  served.Advance(absl::Minutes(5));
  EXPECT_THAT(call->Finish(), StatusIs(absl::StatusCode::kDeadlineExceeded,
                                       HasSubstr("timeout of 5m")));
}

TEST(StageServiceTest, WithoutATimeoutTheCallsOwnDeadlineBoundsIt) {
  ServedStage<BlockingStage> served;
  auto call = served.Begin(served.Request());  // 20 s
  served.stage().AwaitRuns(1);
  call->Break();
  served.AwaitTimers(2);
  served.Advance(absl::Seconds(21));  // gRPC rounds deadlines up
  EXPECT_TRUE(served.service().AwaitIdle(absl::Seconds(20)));
  EXPECT_THAT(served.Execute(served.Request()),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST(StageServiceTest, ABrokenStreamLeavesTheExecutionToBeJoined) {
  ServedStage<BlockingStage> served;
  v1::ExecuteRequest request = served.Request();
  *request.mutable_timeout() = ToProtoDuration(absl::Hours(1));
  auto first = served.Begin(request);
  served.stage().AwaitRuns(1);
  first->Break();
  served.AwaitTimers(2);  // timeout and orphan
  auto second = served.Begin(request);
  // Joined before the orphan time-out: it must not count any more.
  served.stage().Release();
  ASSERT_OK(second->Finish());
  served.Advance(absl::Seconds(61));
  EXPECT_EQ(served.stage().runs(), 1);
}

TEST(StageServiceTest, AnOrphanIsStoppedAfterItsTimeout) {
  ServedStage<BlockingStage> served;
  v1::ExecuteRequest request = served.Request();
  *request.mutable_timeout() = ToProtoDuration(absl::Hours(1));
  auto call = served.Begin(request);
  served.stage().AwaitRuns(1);
  call->Break();
  served.AwaitTimers(2);
  served.Advance(absl::Seconds(59));
  EXPECT_EQ(served.service().running(), 1);
  served.Advance(absl::Seconds(1));
  EXPECT_TRUE(served.service().AwaitIdle(absl::Seconds(20)));
  EXPECT_THAT(served.Execute(request),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("nobody has asked for it for 1m")));
}

TEST(StageServiceTest, ADrainingReplicaRefusesNewWorkAndLetsOldWorkEnd) {
  ServedStage<BlockingStage> served(Slots(2));
  auto running = served.Begin(served.Request(1));
  served.stage().AwaitRuns(1);
  served.service().StopAdmitting();
  EXPECT_THAT(served.Execute(served.Request(2)),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("stopping")));
  EXPECT_EQ(served.Metric("stagecoach_stage_draining", "stage=\"block\""), 1);
  EXPECT_FALSE(served.service().AwaitIdle(absl::ZeroDuration()));
  auto joined = served.Begin(served.Request(1));
  served.stage().Release();
  EXPECT_OK(running->Finish());
  EXPECT_OK(joined->Finish());
  EXPECT_TRUE(served.service().AwaitIdle(absl::Seconds(20)));
}

TEST(StageServiceTest, WorkToldToStopSavesACheckpointAndEndsAsUnavailable) {
  ServedStage<BlockingStage> served;
  auto call = served.Begin(served.Request());
  served.stage().AwaitRuns(1);
  served.service().StopAdmitting();
  served.service().StopRunning();
  EXPECT_THAT(call->Finish(), StatusIs(absl::StatusCode::kUnavailable,
                                       HasSubstr("its replica is stopping")));
  EXPECT_THAT(served.files().AllFiles(),
              testing::ElementsAre(
                  "runs/run/step/checkpoint/000000000001.safetensors"));
}

TEST(StageServiceTest, PhasesAddUpToTheWallTime) {
  ServedStage<BlockingStage> served;
  auto call = served.Begin(served.Request());
  served.stage().AwaitRuns(1);
  served.Advance(absl::Seconds(5));  // while the stage computes
  served.stage().Release();
  ASSERT_OK(call->Finish());
  const v1::PhaseTimes& times = call->result().times();
  EXPECT_EQ(FromProtoDuration(times.compute()), absl::Seconds(5));
  EXPECT_EQ(FromProtoDuration(times.queue()), absl::ZeroDuration());
  EXPECT_EQ(served.Metric("stagecoach_stage_execution_seconds",
                          "phase=\"compute\",stage=\"block\""),
            1);
}

TEST(StageServiceOptionsTest, NamesTheFieldThatIsOutOfRange) {
  EXPECT_OK(StageServiceOptions().Validate());
  EXPECT_THAT(Slots(0).Validate(), StatusIs(absl::StatusCode::kInvalidArgument,
                                            HasSubstr("slots is 0")));
  StageServiceOptions options;
  options.orphan_timeout = absl::ZeroDuration();
  EXPECT_THAT(options.Validate(), StatusIs(absl::StatusCode::kInvalidArgument,
                                           HasSubstr("orphan_timeout")));
}

}  // namespace
}  // namespace stagecoach
