#include "services/common/rpc/read_stream.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"
#include "stagecoach/v1/orchestrator.grpc.pb.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using Stream =
    ReadStream<v1::UploadArtifactRequest, v1::UploadArtifactResponse>;

class FakeService final : public v1::Orchestrator::CallbackService {
 public:
  // Gets the stream of each call, and must see to it that it ends.
  std::function<void(std::shared_ptr<Stream>)> upload;

  grpc::ServerReadReactor<v1::UploadArtifactRequest>* UploadArtifact(
      grpc::CallbackServerContext* context,
      v1::UploadArtifactResponse* response) override {
    auto stream = Stream::Create(*context, *response);
    auto* reactor = stream->reactor();
    upload(std::move(stream));
    return reactor;
  }
};

class ReadStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    RpcServerOptions options;
    options.listen_address = "127.0.0.1:0";
    auto server = RpcServer::Start(options, {&service_}, metrics_.registry());
    ASSERT_OK(server);
    server_ = *std::move(server);
    stub_ = v1::Orchestrator::NewStub(MakeChannel(server_->address(), {}));
    SetTimeout(context_, absl::Seconds(10));
  }

  // Reads all messages, then answers with their content.
  void ReadAll(const std::shared_ptr<Stream>& stream) {
    stream->Read([this, stream](v1::UploadArtifactRequest* message) {
      if (message != nullptr) {
        read_.push_back(message->data());
        ReadAll(stream);
        return;
      }
      v1::UploadArtifactResponse response;
      response.mutable_artifact()->set_name("whole");
      stream->Finish(absl::OkStatus(), response);
    });
  }

  static v1::UploadArtifactRequest Part(const std::string& data) {
    v1::UploadArtifactRequest request;
    request.set_data(data);
    return request;
  }

  ProcessMetrics metrics_{"test"};
  FakeService service_;
  std::vector<std::string> read_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<v1::Orchestrator::Stub> stub_;
  grpc::ClientContext context_;
  v1::UploadArtifactResponse response_;
};

TEST_F(ReadStreamTest, MessagesComeInOrderAndTheResponseAtTheEnd) {
  service_.upload = [this](std::shared_ptr<Stream> stream) { ReadAll(stream); };
  const auto writer = stub_->UploadArtifact(&context_, &response_);
  for (const char* data : {"a", "b", "c"})
    EXPECT_TRUE(writer->Write(Part(data)));
  EXPECT_TRUE(writer->WritesDone());
  EXPECT_TRUE(writer->Finish().ok());
  EXPECT_THAT(read_, ElementsAre("a", "b", "c"));
  EXPECT_EQ(response_.artifact().name(), "whole");
}

TEST_F(ReadStreamTest, MayEndBeforeTheClientHasSentAll) {
  service_.upload = [](std::shared_ptr<Stream> stream) {
    stream->Read([stream](v1::UploadArtifactRequest*) {
      stream->Finish(absl::ResourceExhaustedError("too much"));
      stream->Finish(absl::OkStatus());
    });
  };
  const auto writer = stub_->UploadArtifact(&context_, &response_);
  while (writer->Write(Part("more"))) {
  }
  EXPECT_EQ(writer->Finish().error_message(), "too much");
}

TEST_F(ReadStreamTest, AClientThatGoesAwayEndsTheCall) {
  absl::Notification first;
  absl::Notification ended;
  std::shared_ptr<Stream> kept;
  service_.upload = [&](std::shared_ptr<Stream> stream) {
    kept = stream;
    stream->Read([&](v1::UploadArtifactRequest*) {
      kept->Read([&](v1::UploadArtifactRequest* message) {
        EXPECT_EQ(message, nullptr);
        ended.Notify();
      });
      first.Notify();
    });
  };
  const auto writer = stub_->UploadArtifact(&context_, &response_);
  writer->Write(Part("some"));
  first.WaitForNotification();
  context_.TryCancel();
  ended.WaitForNotification();
  EXPECT_FALSE(writer->Finish().ok());
  // Waits until gRPC has let go: then the client's leaving is known.
  server_->Shutdown(absl::InfiniteDuration());
  EXPECT_TRUE(kept->cancelled());
  bool told = false;
  kept->Read(
      [&](v1::UploadArtifactRequest* message) { told = message == nullptr; });
  EXPECT_TRUE(told);
}

TEST_F(ReadStreamTest, AClientThatIsSilentDoesNotKeepTheServerFromStopping) {
  absl::Notification asked;
  service_.upload = [&](std::shared_ptr<Stream> stream) {
    ReadAll(stream);
    asked.Notify();
  };
  const auto writer = stub_->UploadArtifact(&context_, &response_);
  asked.WaitForNotification();
  server_->Shutdown(absl::ZeroDuration());
  EXPECT_FALSE(writer->Finish().ok());
}

}  // namespace
}  // namespace stagecoach
