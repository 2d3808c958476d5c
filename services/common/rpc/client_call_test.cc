#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/retry_hint.h"
#include "services/common/rpc/client_stream_call.h"
#include "services/common/rpc/client_unary_call.h"
#include "services/common/rpc/fake_stage_service.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;

using ExecuteCall = ClientStreamCall<v1::ExecuteResponse>;

v1::ExecuteResponse Report(int units_done) {
  v1::ExecuteResponse response;
  response.mutable_progress()->set_units_done(units_done);
  return response;
}

class ClientCallTest : public RpcTest {
 protected:
  std::shared_ptr<ExecuteCall> StartExecute(absl::Duration timeout) {
    v1::ExecuteRequest request;
    return ExecuteCall::Start(
        timeout,
        [&](auto* context, auto* reactor) {
          stub_->async()->Execute(context, &request, reactor);
        },
        [this](const v1::ExecuteResponse& message) {
          units_.push_back(message.progress().units_done());
          if (!first_.HasBeenNotified()) first_.Notify();
        },
        [this](absl::Status end) {
          end_ = std::move(end);
          done_.Notify();  // twice would die
        });
  }

  absl::StatusOr<v1::DescribeResponse> DescribeAsync(absl::Duration timeout) {
    absl::StatusOr<v1::DescribeResponse> result;
    absl::Notification done;
    {
      v1::DescribeRequest request;
      CallUnary<v1::DescribeResponse>(
          timeout,
          [&](auto* context, auto* response, auto on_done) {
            stub_->async()->Describe(context, &request, response, on_done);
          },
          [&](absl::StatusOr<v1::DescribeResponse> end) {
            result = std::move(end);
            done.Notify();
          });
    }
    done.WaitForNotification();
    return result;
  }

  std::vector<int64_t> units_;
  absl::Notification first_;
  absl::Notification done_;
  absl::Status end_;
};

TEST_F(ClientCallTest, StreamGivesEveryMessageAndThenTheEnd) {
  service_.execute = [](std::shared_ptr<ExecuteStream> stream) {
    stream->Write(Report(1), Keep::kAll);
    stream->Write(Report(2), Keep::kAll);
    absl::Status full = absl::ResourceExhaustedError("no slot");
    SetRetryHint(full, absl::Seconds(2));
    stream->Finish(full);
  };
  StartServer();
  StartExecute(absl::Seconds(10));  // nobody holds it
  done_.WaitForNotification();
  EXPECT_THAT(units_, ElementsAre(1, 2));
  EXPECT_THAT(end_, StatusIs(absl::StatusCode::kResourceExhausted, "no slot"));
  EXPECT_EQ(RetryHint(end_), absl::Seconds(2));
}

TEST_F(ClientCallTest, CancelEndsTheStreamAtBothEnds) {
  absl::Notification server_cancelled;
  service_.execute = [&](std::shared_ptr<ExecuteStream> stream) {
    stream->OnCancel([&] { server_cancelled.Notify(); });
    stream->Write(Report(1), Keep::kAll);
  };
  StartServer();
  const auto call = StartExecute(absl::Seconds(10));
  first_.WaitForNotification();
  call->Cancel();
  done_.WaitForNotification();
  server_cancelled.WaitForNotification();
  EXPECT_THAT(end_, StatusIs(absl::StatusCode::kCancelled));
  call->Cancel();  // after the end: nothing
}

TEST_F(ClientCallTest, StreamEndsAtItsDeadline) {
  service_.execute = [](std::shared_ptr<ExecuteStream>) {};  // says nothing
  StartServer();
  StartExecute(absl::Milliseconds(20));
  done_.WaitForNotification();
  EXPECT_THAT(end_, StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(ClientCallTest, StreamToAServerThatIsGoneIsUnavailable) {
  StartServer();
  server_.reset();
  StartExecute(absl::Seconds(10));
  done_.WaitForNotification();
  EXPECT_THAT(end_, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ClientCallTest, CallbacksAreLetGoOfAtTheEnd) {
  StartServer();
  const auto owned = std::make_shared<int>();
  v1::ExecuteRequest request;
  const auto call = ExecuteCall::Start(
      absl::Seconds(10),
      [&](auto* context, auto* reactor) {
        stub_->async()->Execute(context, &request, reactor);
      },
      [owned](const v1::ExecuteResponse&) {},
      [owned, this](absl::Status) { done_.Notify(); });
  done_.WaitForNotification();
  server_->Shutdown(absl::InfiniteDuration());
  while (owned.use_count() > 1) std::this_thread::yield();
  EXPECT_EQ(owned.use_count(), 1);
}

TEST_F(ClientCallTest, UnaryCallGivesTheResponse) {
  StartServer();
  const auto response = DescribeAsync(absl::Seconds(10));
  ASSERT_OK(response);
  EXPECT_EQ(response->stage().name(), "fake");
}

TEST_F(ClientCallTest, UnaryCallGivesTheErrorWithItsRetryHint) {
  service_.describe = [] {
    absl::Status full = absl::ResourceExhaustedError("full");
    SetRetryHint(full, absl::Milliseconds(5));
    return full;
  };
  StartServer();
  const auto response = DescribeAsync(absl::Seconds(10));
  EXPECT_THAT(response, StatusIs(absl::StatusCode::kResourceExhausted, "full"));
  EXPECT_EQ(RetryHint(response.status()), absl::Milliseconds(5));
}

TEST_F(ClientCallTest, TargetThatMakesNoSenseIsUnavailable) {
  stub_ = v1::StageService::NewStub(MakeChannel("no such target"));
  testing::internal::CaptureStderr();
  EXPECT_THAT(DescribeAsync(absl::Seconds(10)),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(ClientCallTest, ResponseOverTheLimitOfTheChannelIsRefused) {
  service_.execute = [](std::shared_ptr<ExecuteStream> stream) {
    v1::ExecuteResponse big;
    big.mutable_progress()->set_message(std::string(64 << 10, 'x'));
    stream->Write(big, Keep::kAll);
  };
  channel_options_.max_receive_bytes = 32 << 10;
  StartServer();
  StartExecute(absl::Seconds(10));
  done_.WaitForNotification();
  EXPECT_THAT(end_, StatusIs(absl::StatusCode::kResourceExhausted,
                             testing::HasSubstr("larger than max")));
}

TEST_F(ClientCallTest, AProxyThatTheEnvironmentNamesIsNotUsed) {
  setenv("grpc_proxy", "http://127.0.0.1:1", /*overwrite=*/1);
  setenv("no_grpc_proxy", "nowhere", /*overwrite=*/1);
  StartServer();
  EXPECT_OK(Describe());
  unsetenv("grpc_proxy");
  unsetenv("no_grpc_proxy");
}

}  // namespace
}  // namespace stagecoach
