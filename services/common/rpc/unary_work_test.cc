#include "services/common/rpc/unary_work.h"

#include <atomic>
#include <memory>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/rpc/fake_stage_service.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

// A stage whose Describe runs `work` on an executor.
class WorkingService final : public v1::StageService::CallbackService {
 public:
  explicit WorkingService(BoundedExecutor& executor) : executor_(executor) {}

  std::function<absl::Status()> work = [] { return absl::OkStatus(); };
  absl::Notification submitted;
  // Of the first call; valid until its end.
  grpc::CallbackServerContext* context = nullptr;

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* given,
                                     const v1::DescribeRequest*,
                                     v1::DescribeResponse* response) override {
    auto* reactor = RunUnary(*given, executor_, [this, response] {
      response->mutable_stage()->set_name("worked");
      return work();
    });
    context = given;
    submitted.Notify();
    return reactor;
  }

 private:
  BoundedExecutor& executor_;
};

// A stage whose Describe is answered by whoever takes `done`.
class WaitingService final : public v1::StageService::CallbackService {
 public:
  explicit WaitingService(BoundedExecutor& executor) : executor_(executor) {}

  UnaryDone done;
  absl::Notification waiting;

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest*,
                                     v1::DescribeResponse*) override {
    return RunUnaryAsync(*context, executor_, [this](UnaryDone call) {
      done = std::move(call);
      waiting.Notify();
    });
  }

 private:
  BoundedExecutor& executor_;
};

TEST(UnaryAsyncTest, TheCallEndsWhenSomebodyElseSaysSo) {
  BoundedExecutor executor("describing", 1, 1);
  WaitingService service(executor);
  prometheus::Registry registry;
  RpcServerOptions options;
  options.listen_address = "127.0.0.1:0";
  const auto server = *RpcServer::Start(options, {&service}, registry);
  const auto stub = v1::StageService::NewStub(
      MakeChannel(server->address(), {.own_connection = true}));
  std::thread finisher([&service] {
    service.waiting.WaitForNotification();
    service.done(absl::AbortedError("said later"));
  });
  grpc::ClientContext context;
  SetTimeout(context, absl::Seconds(10));
  v1::DescribeResponse response;
  EXPECT_THAT(FromGrpcStatus(stub->Describe(&context, {}, &response)),
              StatusIs(absl::StatusCode::kAborted, "said later"));
  finisher.join();
}

class UnaryWorkTest : public testing::Test {
 protected:
  UnaryWorkTest() {
    RpcServerOptions options;
    options.listen_address = "127.0.0.1:0";
    server_ = *RpcServer::Start(options, {&service_}, registry_);
    stub_ = v1::StageService::NewStub(
        MakeChannel(server_->address(), {.own_connection = true}));
  }

  absl::Status Describe(grpc::ClientContext& context) {
    SetTimeout(context, absl::Seconds(10));
    return FromGrpcStatus(stub_->Describe(&context, {}, &response_));
  }

  prometheus::Registry registry_;
  BoundedExecutor executor_{"describing", 1, 1};
  WorkingService service_{executor_};
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<v1::StageService::Stub> stub_;
  v1::DescribeResponse response_;
};

TEST_F(UnaryWorkTest, AnswersWithWhatTheWorkDid) {
  grpc::ClientContext context;
  EXPECT_OK(Describe(context));
  EXPECT_EQ(response_.stage().name(), "worked");
}

TEST_F(UnaryWorkTest, AnswersWithTheErrorOfTheWork) {
  service_.work = [] { return absl::DataLossError("torn"); };
  grpc::ClientContext context;
  EXPECT_THAT(Describe(context), StatusIs(absl::StatusCode::kDataLoss, "torn"));
}

TEST_F(UnaryWorkTest, RefusesWhenTheExecutorIsFull) {
  absl::Notification go_on;
  absl::Notification busy;
  ASSERT_OK(executor_.Submit([&] {
    busy.Notify();
    go_on.WaitForNotification();
  }));
  busy.WaitForNotification();
  ASSERT_OK(executor_.Submit([] {}));
  grpc::ClientContext context;
  EXPECT_THAT(Describe(context), StatusIs(absl::StatusCode::kResourceExhausted,
                                          HasSubstr("describing is full")));
  go_on.Notify();
  executor_.Shutdown();
}

TEST_F(UnaryWorkTest, DoesNotRunWhatWasCancelledBeforeItsTurn) {
  std::atomic<bool> ran = false;
  service_.work = [&] {
    ran = true;
    return absl::OkStatus();
  };
  absl::Notification go_on;
  ASSERT_OK(executor_.Submit([&] { go_on.WaitForNotification(); }));
  grpc::ClientContext context;
  absl::Status status;
  std::thread caller([&] { status = Describe(context); });
  service_.submitted.WaitForNotification();
  context.TryCancel();
  caller.join();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kCancelled));
  while (!service_.context->IsCancelled()) std::this_thread::yield();
  go_on.Notify();
  executor_.Shutdown();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace stagecoach
