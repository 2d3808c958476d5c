#include "services/common/rpc/server.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "services/common/base/retry_hint.h"
#include "services/common/rpc/fake_stage_service.h"

namespace stagecoach {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class RpcServerTest : public RpcTest {
 protected:
  absl::StatusOr<int> Health(const std::string& service) {
    auto context = NewCall();
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    const absl::Status status = FromGrpcStatus(
        Health::NewStub(channel_)->Check(context.get(), request, &response));
    if (!status.ok()) return status;
    return response.status();
  }
};

TEST_F(RpcServerTest, ServesOnThePortThatTheKernelChose) {
  StartServer();
  EXPECT_THAT(server_->address(),
              AllOf(StartsWith("127.0.0.1:"), testing::Not("127.0.0.1:0")));
  EXPECT_OK(Describe());
}

TEST_F(RpcServerTest, ErrorArrivesWithCodeMessageAndRetryHint) {
  service_.describe = [] {
    absl::Status status = absl::ResourceExhaustedError("no free slot");
    SetRetryHint(status, absl::Milliseconds(250));
    return status;
  };
  StartServer();
  const absl::Status status = Describe();
  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kResourceExhausted, "no free slot"));
  EXPECT_EQ(RetryHint(status), absl::Milliseconds(250));
}

TEST_F(RpcServerTest, LongestErrorMessageStillArrives) {
  std::string message;
  for (int i = 0; i < 5000; ++i) message += "\u00e9";
  service_.describe = [&] { return absl::InvalidArgumentError(message); };
  StartServer();
  EXPECT_THAT(Describe(), StatusIs(absl::StatusCode::kInvalidArgument,
                                   HasSubstr("more bytes)")));
}

TEST_F(RpcServerTest, HealthFollowsSetServing) {
  StartServer();
  EXPECT_THAT(Health(""), IsOkAndHolds(HealthCheckResponse::NOT_SERVING));
  server_->SetServing(true, "test");
  EXPECT_THAT(Health(""), IsOkAndHolds(HealthCheckResponse::SERVING));
  EXPECT_THAT(Health("stagecoach.v1.StageService"),
              IsOkAndHolds(HealthCheckResponse::SERVING));
  server_->SetServing("stagecoach.v1.StageService", false, "test");
  EXPECT_THAT(Health(""), IsOkAndHolds(HealthCheckResponse::SERVING));
  EXPECT_THAT(Health("stagecoach.v1.StageService"),
              IsOkAndHolds(HealthCheckResponse::NOT_SERVING));
  EXPECT_THAT(Health("nobody"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("\"nobody\"")));
}

TEST_F(RpcServerTest, ChangeOfHealthIsLoggedOnceWithItsReason) {
  StartServer();
  testing::internal::CaptureStderr();
  server_->SetServing(true, "volume is back");
  server_->SetServing(true, "volume is still there");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("reason=\"volume is back\""));
  EXPECT_THAT(log, testing::Not(HasSubstr("still there")));
}

TEST_F(RpcServerTest, WatcherOfHealthSeesChangesAndTheEnd) {
  StartServer();
  auto context = NewCall();
  auto reader = Health::NewStub(channel_)->Watch(context.get(), {});
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  server_->SetServing(true, "test");
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  std::thread stopper([&] { server_->Shutdown(absl::Hours(1)); });
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  stopper.join();
}

TEST_F(RpcServerTest, WatcherOfAnUnknownServiceLearnsOfItLater) {
  StartServer();
  auto context = NewCall();
  HealthCheckRequest request;
  request.set_service("late");
  auto reader = Health::NewStub(channel_)->Watch(context.get(), request);
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  server_->SetServing("late", true, "test");
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
}

TEST_F(RpcServerTest, RequestOverTheLimitIsRefusedAndTheNextOneServed) {
  RpcServerOptions options;
  options.max_receive_bytes = 64 << 10;
  StartServer(options);
  std::atomic<int> seen = 0;
  service_.cancel = [&](const v1::CancelRequest&) {
    ++seen;
    return absl::OkStatus();
  };
  const auto cancel = [&](size_t id_bytes) {
    auto context = NewCall();
    v1::CancelRequest request;
    request.set_execution_id(std::string(id_bytes, 'x'));
    v1::CancelResponse response;
    return FromGrpcStatus(stub_->Cancel(context.get(), request, &response));
  };
  EXPECT_THAT(cancel(64 << 10), StatusIs(absl::StatusCode::kResourceExhausted,
                                         HasSubstr("larger than max")));
  EXPECT_EQ(seen, 0);
  EXPECT_OK(cancel((64 << 10) - 16));
  EXPECT_EQ(seen, 1);
}

TEST_F(RpcServerTest, MethodThatDoesNotExistIsUnimplemented) {
  StartServer();
  auto context = NewCall();
  grpc::GenericStub stub(channel_);
  const grpc::Slice nothing;
  grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  absl::Notification done;
  grpc::Status status;
  stub.UnaryCall(context.get(), "/stagecoach.v1.StageService/Nothing",
                 grpc::StubOptions(), &request, &response, [&](grpc::Status s) {
                   status = s;
                   done.Notify();
                 });
  done.WaitForNotification();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(RpcServerTest, TwoServersCannotShareAPort) {
  StartServer();
  RpcServerOptions options;
  options.listen_address = server_->address();
  FakeStageService service;
  testing::internal::CaptureStderr();
  EXPECT_THAT(
      RpcServer::Start(options, {&service}, metrics_.registry()),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               AllOf(HasSubstr(server_->address()), HasSubstr("in use"))));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_OK(Describe());
}

TEST_F(RpcServerTest, BadOptionsAreOneClearError) {
  FakeStageService service;
  const auto start = [&](const RpcServerOptions& options) {
    return RpcServer::Start(options, {&service}, metrics_.registry()).status();
  };
  testing::internal::CaptureStderr();
  EXPECT_THAT(start({.listen_address = "127.0.0.1"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("listen_address: address \"127.0.0.1\"")));
  EXPECT_THAT(start({.listen_address = "300.1.1.1:0"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("has no address")));
  EXPECT_THAT(
      start({.listen_address = "127.0.0.1:0", .max_receive_bytes = 1}),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("max_receive_bytes is 1, allowed are 1024 to")));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(RpcServerTest, IsAliveAlsoWhileItDoesNotServe) {
  StartServer();
  server_->SetServing(false, "a volume is down");
  EXPECT_THAT(Health(""), IsOkAndHolds(HealthCheckResponse::NOT_SERVING));
  EXPECT_THAT(Health(kLivenessService),
              IsOkAndHolds(HealthCheckResponse::SERVING));
}

TEST_F(RpcServerTest, ShutdownCancelsAStreamThatDoesNotEndInTime) {
  absl::Notification cancelled;
  absl::Notification open;
  service_.execute = [&](std::shared_ptr<ExecuteStream> stream) {
    stream->OnCancel([&] { cancelled.Notify(); });
    stream->Write({}, Keep::kAll);
    open.Notify();
  };
  StartServer();
  absl::Status status;
  std::thread client([&] { status = Execute(); });
  open.WaitForNotification();
  server_->Shutdown(absl::Milliseconds(10));
  cancelled.WaitForNotification();
  client.join();
  EXPECT_THAT(status, testing::AnyOf(StatusIs(absl::StatusCode::kCancelled),
                                     StatusIs(absl::StatusCode::kUnavailable)));
}

TEST_F(RpcServerTest, ShutdownLetsAStreamEndWithinItsDrainTime) {
  std::shared_ptr<ExecuteStream> open_stream;
  absl::Notification open;
  service_.execute = [&](std::shared_ptr<ExecuteStream> stream) {
    open_stream = std::move(stream);
    open.Notify();
  };
  StartServer();
  absl::Status status = absl::UnknownError("not yet");
  std::thread client([&] { status = Execute(); });
  open.WaitForNotification();
  std::thread stopper([&] { server_->Shutdown(absl::Hours(1)); });
  open_stream->WriteAndFinish({}, absl::OkStatus());
  stopper.join();
  client.join();
  EXPECT_OK(status);
}

TEST_F(RpcServerTest, ShutdownMayBeRepeatedAndFreesThePort) {
  StartServer();
  const std::string address = server_->address();
  server_->Shutdown(absl::ZeroDuration());
  server_->Shutdown(absl::ZeroDuration());
  EXPECT_THAT(Describe(), StatusIs(absl::StatusCode::kUnavailable));
  RpcServerOptions options;
  options.listen_address = address;
  FakeStageService service;
  EXPECT_OK(RpcServer::Start(options, {&service}, metrics_.registry()));
}

}  // namespace
}  // namespace stagecoach
