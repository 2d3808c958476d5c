// A stage service for tests of RPCs that does what the test says, and a server
// around it.

#ifndef SERVICES_COMMON_RPC_FAKE_STAGE_SERVICE_H_
#define SERVICES_COMMON_RPC_FAKE_STAGE_SERVICE_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <prometheus/collectable.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/kept_channel.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/write_stream.h"
#include "stagecoach/v1/stage.grpc.pb.h"

namespace stagecoach {

using ExecuteStream = WriteStream<v1::ExecuteResponse>;

// Threads: set the functions before the first call.
class FakeStageService final : public v1::StageService::CallbackService {
 public:
  // What Describe and Cancel end with.
  std::function<absl::Status()> describe = [] { return absl::OkStatus(); };
  std::function<absl::Status(const v1::CancelRequest&)> cancel =
      [](const v1::CancelRequest&) { return absl::OkStatus(); };
  // Gets the stream of each Execute, and must see to it that it ends.
  std::function<void(std::shared_ptr<ExecuteStream>)> execute =
      [](std::shared_ptr<ExecuteStream> stream) {
        stream->Finish(absl::OkStatus());
      };
  WriteQueueLimits limits;

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest*,
                                     v1::DescribeResponse* response) override {
    response->mutable_stage()->set_name("fake");
    return Finish(*context, describe());
  }
  grpc::ServerUnaryReactor* Cancel(grpc::CallbackServerContext* context,
                                   const v1::CancelRequest* request,
                                   v1::CancelResponse*) override {
    return Finish(*context, cancel(*request));
  }
  grpc::ServerWriteReactor<v1::ExecuteResponse>* Execute(
      grpc::CallbackServerContext* context,
      const v1::ExecuteRequest*) override {
    auto stream = ExecuteStream::Create(*context, limits);
    auto* reactor = stream->reactor();
    execute(std::move(stream));
    return reactor;
  }

 private:
  static grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext& context,
                                          const absl::Status& status) {
    grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    reactor->Finish(ToGrpcStatus(status, context));
    return reactor;
  }
};

// A server with a FakeStageService on a free port, and a client of it.
class RpcTest : public testing::Test {
 protected:
  void StartServer(RpcServerOptions options = {}) {
    options.listen_address = "127.0.0.1:0";
    auto server = RpcServer::Start(options, {&service_}, metrics_.registry());
    ASSERT_OK(server);
    server_ = *std::move(server);
    channel_options_.own_connection = true;
    channel_ = MakeKeptChannel(server_->address(), channel_options_);
    stub_ = v1::StageService::NewStub(channel_);
  }

  // A context for one call, which ends after 10 s at the latest.
  static std::unique_ptr<grpc::ClientContext> NewCall() {
    auto context = std::make_unique<grpc::ClientContext>();
    SetTimeout(*context, absl::Seconds(10));
    return context;
  }

  absl::Status Describe() {
    auto context = NewCall();
    v1::DescribeResponse response;
    return FromGrpcStatus(stub_->Describe(context.get(), {}, &response),
                          *context);
  }

  // Reads a stream to its end.
  absl::Status Execute(std::vector<v1::ExecuteResponse>* read = nullptr) {
    auto context = NewCall();
    auto reader = stub_->Execute(context.get(), {});
    v1::ExecuteResponse response;
    while (reader->Read(&response)) {
      if (read != nullptr) read->push_back(response);
    }
    return FromGrpcStatus(reader->Finish(), *context);
  }

  ProcessMetrics metrics_{"test"};
  FakeStageService service_;
  ChannelOptions channel_options_;
  std::unique_ptr<RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::StageService::Stub> stub_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_FAKE_STAGE_SERVICE_H_
