#include "services/common/stagekit/session_service.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/proto_time.h"
#include "services/common/stagekit/stage_service_fixture.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

constexpr int kInvalidArgument = 3;
constexpr int kDeadlineExceeded = 4;
constexpr int kResourceExhausted = 8;
constexpr int kUnavailable = 14;

StageServiceOptions Slots(int slots) {
  StageServiceOptions options;
  options.slots = slots;
  return options;
}

// A session whose call 1 is under way.
std::unique_ptr<SessionCalls> OpenRunning(ServedStage<BlockingStage>& served,
                                          const v1::ExecuteRequest& request) {
  auto session = served.OpenSession();
  session->Add(1, request);
  session->Send();
  served.stage().AwaitRuns(1);
  return session;
}

TEST(SessionServiceTest, EveryExecutionOfAStreamEndsWithItsResult) {
  ServedStage<CopyStage> served(Slots(2));
  const auto session = served.OpenSession();
  session->Add(1, served.CopyRequest(1, "first"));
  session->Add(2, served.CopyRequest(1, "second"));
  session->Send();
  EXPECT_EQ(session->AwaitEnd(1).result().outputs(0).uri(),
            "pvc://artifacts/runs/first/step/1/copy.txt");
  EXPECT_EQ(session->AwaitEnd(2).result().outputs(0).uri(),
            "pvc://artifacts/runs/second/step/1/copy.txt");
  session->Add(1, served.CopyRequest(1, "third"));  // the id is free again
  session->Send();
  session->SendAll();
  EXPECT_OK(session->Finish());
  ASSERT_EQ(session->events().back().call_id(), 1);
  EXPECT_EQ(session->events().back().result().metrics().at("bytes"), 3);
}

TEST(SessionServiceTest, TheNewestReportComesBeforeTheEnd) {
  ServedStage<CopyStage> served;
  const auto session = served.OpenSession();
  v1::ExecuteRequest request = served.CopyRequest();
  (*request.mutable_parameters())["times"] = IntegerValue(50);
  session->Add(1, request);
  session->Send();
  ASSERT_TRUE(session->AwaitEnd(1).has_result());
  ASSERT_GE(session->events().size(), 2);
  const auto& last_report = session->events()[session->events().size() - 2];
  ASSERT_TRUE(last_report.has_progress());
  EXPECT_EQ(last_report.progress().units_done(), 50);
}

TEST(SessionServiceTest, ACallThatIsRefusedEndsAlone) {
  ServedStage<CopyStage> served(Slots(2));
  const auto session = served.OpenSession();
  v1::ExecuteRequest wrong = served.CopyRequest(1, "wrong");
  (*wrong.mutable_parameters())["tims"] = IntegerValue(2);
  session->Add(1, wrong);
  session->Add(2, served.CopyRequest(1, "right"));
  session->Send();
  const v1::SessionEvent refused = session->AwaitEnd(1);
  EXPECT_EQ(refused.error().code(), kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("did you mean \"times\"?"));
  EXPECT_TRUE(session->AwaitEnd(2).has_result());
}

TEST(SessionServiceTest, AFullStageSaysWhenToTryAgain) {
  ServedStage<BlockingStage> served(Slots(1));
  const auto session = OpenRunning(served, served.Request(1, "first"));
  session->Add(2, served.Request(1, "second"));
  session->Send();
  const v1::SessionEvent refused = session->AwaitEnd(2);
  EXPECT_EQ(refused.error().code(), kResourceExhausted);
  EXPECT_EQ(FromProtoDuration(refused.error().retry_after()),
            absl::Milliseconds(100));
  served.stage().Release();
  EXPECT_TRUE(session->AwaitEnd(1).has_result());
}

TEST(SessionServiceTest, ABrokenStreamLeavesItsExecutionsToBeJoined) {
  ServedStage<BlockingStage> served;
  v1::ExecuteRequest request = served.Request();
  *request.mutable_timeout() = ToProtoDuration(absl::Hours(1));
  const auto first = OpenRunning(served, request);
  first->Break();
  served.AwaitTimers(2);  // time-out and orphan
  const auto second = served.OpenSession();
  second->Add(9, request);
  second->Send();
  second->Add(10, served.Request(1, "other"));  // refused: it is there by now
  second->Send();
  EXPECT_TRUE(second->AwaitEnd(10).has_error());
  // Joined before the orphan time-out: it must not count any more.
  served.Advance(absl::Seconds(61));
  served.stage().Release();
  EXPECT_TRUE(second->AwaitEnd(9).has_result());
  EXPECT_EQ(served.stage().runs(), 1);
}

TEST(SessionServiceTest, AnOrphanOfABrokenStreamIsStoppedAfterItsTimeout) {
  ServedStage<BlockingStage> served;
  v1::ExecuteRequest request = served.Request();
  *request.mutable_timeout() = ToProtoDuration(absl::Hours(1));
  const auto session = OpenRunning(served, request);
  session->Break();
  served.AwaitTimers(2);
  served.Advance(absl::Seconds(59));
  EXPECT_EQ(served.service().running(), 1);
  served.Advance(absl::Seconds(1));
  EXPECT_TRUE(served.service().AwaitIdle(absl::Seconds(20)));
}

TEST(SessionServiceTest, TwoOpenCallsOfOneIdEndTheStream) {
  ServedStage<BlockingStage> served(Slots(2));
  const auto session = served.OpenSession();
  session->Add(7, served.Request(1, "first"));
  session->Send();
  served.stage().AwaitRuns(1);
  session->Add(7, served.Request(1, "second"));
  session->Send();
  EXPECT_THAT(session->Finish(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("call_id 7 is that of a call")));
  served.AwaitTimers(1);  // the first one is an orphan
  EXPECT_EQ(served.stage().runs(), 1);
}

TEST(SessionServiceTest, PatienceBoundsARequestWithoutATimeout) {
  ServedStage<BlockingStage> served;
  const auto session = served.OpenSession();
  v1::SessionCall& call = session->Add(1, served.Request());
  *call.mutable_patience() = ToProtoDuration(absl::Seconds(30));
  session->Send();
  served.stage().AwaitRuns(1);
  served.AwaitTimers(1);
  served.Advance(absl::Seconds(30));
  EXPECT_EQ(session->AwaitEnd(1).error().code(), kDeadlineExceeded);
}

TEST(SessionServiceTest, CancelStopsAnExecutionOfAStream) {
  ServedStage<BlockingStage> served;
  const auto session = OpenRunning(served, served.Request());
  EXPECT_OK(served.Cancel("run/step/1"));
  EXPECT_THAT(session->AwaitEnd(1).error().message(),
              HasSubstr("was cancelled"));
}

TEST(SessionServiceTest, ShutdownEndsAStreamAfterItsExecutions) {
  ServedStage<BlockingStage> served;
  const auto session = OpenRunning(served, served.Request());
  served.sessions().Shutdown();
  served.stage().Release();
  EXPECT_TRUE(session->AwaitEnd(1).has_result());
  EXPECT_THAT(session->Finish(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("stopping")));
}

TEST(SessionServiceTest, AfterShutdownAStreamEndsAtOnce) {
  ServedStage<CopyStage> served;
  served.sessions().Shutdown();
  EXPECT_THAT(served.OpenSession()->Finish(),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(SessionServiceTest, ADrainingStageRefusesEachCall) {
  ServedStage<CopyStage> served;
  const auto session = served.OpenSession();
  served.service().StopAdmitting();
  session->Add(1, served.CopyRequest());
  session->Send();
  EXPECT_EQ(session->AwaitEnd(1).error().code(), kUnavailable);
}

}  // namespace
}  // namespace stagecoach
