#include "orchestrator/cli/client/grpc_orchestrator_client.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "services/common/base/status_matchers.h"
#include "stagecoach/v1/orchestrator.grpc.pb.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

// Writes prepared messages, then ends with a status or waits to be cancelled.
template <typename Response>
class Writer final : public grpc::ServerWriteReactor<Response> {
 public:
  Writer(std::vector<Response> responses, grpc::Status end, bool stay)
      : responses_(std::move(responses)), end_(end), stay_(stay) {
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (ok) {
      Next();
    } else if (!stay_) {
      // The reader has gone; without an end the server could not stop.
      this->Finish(grpc::Status::CANCELLED);
    }
  }
  void OnCancel() override {
    if (stay_) this->Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (next_ < responses_.size()) {
      this->StartWrite(&responses_[next_++]);
    } else if (!stay_) {
      this->Finish(end_);
    }
  }

  std::vector<Response> responses_;
  const grpc::Status end_;
  const bool stay_;
  size_t next_ = 0;
};

// Answers nothing until the call is over.
class NeverReactor final : public grpc::ServerUnaryReactor {
 public:
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }
};

// Takes an upload; one that is called `refused` is not taken to its end.
class Receiver final
    : public grpc::ServerReadReactor<v1::UploadArtifactRequest> {
 public:
  explicit Receiver(v1::UploadArtifactResponse* response)
      : response_(*response) {
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    v1::Artifact& artifact = *response_.mutable_artifact();
    if (request_.has_header()) {
      artifact.set_name(request_.header().file_name());
    }
    if (artifact.name() == "refused") {
      Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too large"});
      return;
    }
    artifact.mutable_uri()->append(request_.data());
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  v1::UploadArtifactResponse& response_;
  v1::UploadArtifactRequest request_;
};

class FakeService final : public v1::Orchestrator::CallbackService {
 public:
  grpc::ServerReadReactor<v1::UploadArtifactRequest>* UploadArtifact(
      grpc::CallbackServerContext*,
      v1::UploadArtifactResponse* response) override {
    return new Receiver(response);
  }

  grpc::ServerUnaryReactor* GetRun(grpc::CallbackServerContext* context,
                                   const v1::GetRunRequest* request,
                                   v1::GetRunResponse* response) override {
    if (request->run_id() == "slow") return new NeverReactor();
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (request->run_id() == "refused") {
      reactor->Finish({grpc::StatusCode::UNAVAILABLE, "store is away"});
      return reactor;
    }
    *response->mutable_run() = SampleRun();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerWriteReactor<v1::ExecuteRunResponse>* ExecuteRun(
      grpc::CallbackServerContext*, const v1::ExecuteRunRequest*) override {
    std::vector<v1::ExecuteRunResponse> responses(3);
    *responses[0].mutable_created() = SampleRun();
    *responses[1].mutable_event() = SampleEvents().front();
    *responses[2].mutable_ended() = SampleSucceededRun();
    return new Writer<v1::ExecuteRunResponse>(std::move(responses),
                                              grpc::Status::OK, false);
  }

  grpc::ServerWriteReactor<v1::WatchRunResponse>* WatchRun(
      grpc::CallbackServerContext*, const v1::WatchRunRequest*) override {
    std::vector<v1::WatchRunResponse> responses(1);
    *responses[0].mutable_event() = SampleEvents().front();
    return new Writer<v1::WatchRunResponse>(std::move(responses),
                                            grpc::Status::OK, /*stay=*/true);
  }

  grpc::ServerWriteReactor<v1::ReadArtifactResponse>* ReadArtifact(
      grpc::CallbackServerContext*,
      const v1::ReadArtifactRequest* request) override {
    std::vector<v1::ReadArtifactResponse> responses(2);
    responses[0].mutable_artifact()->set_uri(request->uri());
    responses[0].set_data("ab");
    responses[1].set_data("cd");
    return new Writer<v1::ReadArtifactResponse>(
        std::move(responses), {grpc::StatusCode::DATA_LOSS, "torn"}, false);
  }
};

class GrpcOrchestratorClientTest : public testing::Test {
 protected:
  GrpcOrchestratorClientTest() { Serve(); }
  ~GrpcOrchestratorClientTest() override { Stop(); }

  void Serve() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  void Stop() {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  std::unique_ptr<OrchestratorClient> Client(
      const GrpcClientOptions& options = {}) {
    return MakeGrpcOrchestratorClient(
               [this]() -> absl::StatusOr<std::string> { return address_; },
               options)
        .value();
  }

  static absl::StatusOr<v1::GetRunResponse> Get(OrchestratorClient& client,
                                                const std::string& run_id) {
    v1::GetRunRequest request;
    request.set_run_id(run_id);
    return client.GetRun(request);
  }

  FakeService service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

// The next item that is not idle.
FeedItem NextItem(RunFeed& feed) {
  for (int i = 0; i < 100; ++i) {
    FeedItem item = feed.Next(absl::Seconds(1));
    if (!std::holds_alternative<FeedIdle>(item)) return item;
  }
  return FeedIdle{};
}

TEST_F(GrpcOrchestratorClientTest, AFeedGivesTheRunItsEventsAndTheEnd) {
  const std::unique_ptr<OrchestratorClient> client = Client();
  const std::unique_ptr<RunFeed> feed =
      client->ExecuteRun(v1::ExecuteRunRequest());
  EXPECT_TRUE(std::holds_alternative<FeedCreated>(NextItem(*feed)));
  EXPECT_TRUE(std::holds_alternative<v1::RunEvent>(NextItem(*feed)));
  EXPECT_TRUE(std::holds_alternative<FeedEnded>(NextItem(*feed)));
  for (int i = 0; i < 2; ++i) {
    const FeedItem end = NextItem(*feed);
    ASSERT_TRUE(std::holds_alternative<absl::Status>(end));
    EXPECT_OK(std::get<absl::Status>(end));
  }
}

TEST_F(GrpcOrchestratorClientTest, AQuietFeedIsIdleAndCanBeLetGo) {
  const std::unique_ptr<OrchestratorClient> client = Client();
  const std::unique_ptr<RunFeed> feed = client->WatchRun(v1::WatchRunRequest());
  EXPECT_TRUE(std::holds_alternative<v1::RunEvent>(NextItem(*feed)));
  EXPECT_TRUE(
      std::holds_alternative<FeedIdle>(feed->Next(absl::Milliseconds(1))));
}

TEST_F(GrpcOrchestratorClientTest, AFeedCanBeLetGoBeforeItHasStarted) {
  Client()->WatchRun(v1::WatchRunRequest());
}

TEST_F(GrpcOrchestratorClientTest, AServerThatIsNotThereIsToldApart) {
  Stop();
  const std::unique_ptr<OrchestratorClient> client = Client();
  const absl::Status gone = Get(*client, "x").status();
  EXPECT_THAT(gone, StatusIs(absl::StatusCode::kUnavailable,
                             HasSubstr("is not reachable")));
  EXPECT_TRUE(IsNotReachable(gone));
  const std::unique_ptr<RunFeed> feed = client->WatchRun(v1::WatchRunRequest());
  const FeedItem end = NextItem(*feed);
  ASSERT_TRUE(std::holds_alternative<absl::Status>(end));
  EXPECT_TRUE(IsNotReachable(std::get<absl::Status>(end)));
}

TEST_F(GrpcOrchestratorClientTest, AServerThatSaysUnavailableWasReached) {
  const absl::Status refused = Get(*Client(), "refused").status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable,
                                HasSubstr("store is away")));
  EXPECT_FALSE(IsNotReachable(refused));
}

TEST_F(GrpcOrchestratorClientTest, ACallEndsAtItsDeadline) {
  GrpcClientOptions options;
  options.call_timeout = absl::Milliseconds(50);
  EXPECT_THAT(Get(*Client(options), "slow").status(),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(GrpcOrchestratorClientTest, FindsAServerThatCameBackElsewhere) {
  const std::unique_ptr<OrchestratorClient> client = Client();
  ASSERT_OK(Get(*client, "x"));
  const std::string before = address_;
  Stop();
  ASSERT_FALSE(Get(*client, "x").ok());
  Serve();
  ASSERT_OK(Get(*client, "x"));
  EXPECT_EQ(client->address(), address_);
}

TEST_F(GrpcOrchestratorClientTest, ReadsAnArtifactUntilTheEndSaysOtherwise) {
  std::string bytes;
  const absl::Status status = Client()->ReadArtifact(
      v1::ReadArtifactRequest(), [&](const v1::ReadArtifactResponse& response) {
        bytes += response.data();
        return absl::OkStatus();
      });
  EXPECT_EQ(bytes, "abcd");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, "torn"));
}

TEST_F(GrpcOrchestratorClientTest, StopsReadingWhenTheReaderHasEnough) {
  EXPECT_THAT(Client()->ReadArtifact(v1::ReadArtifactRequest(),
                                     [](const v1::ReadArtifactResponse&) {
                                       return absl::CancelledError("enough");
                                     }),
              StatusIs(absl::StatusCode::kCancelled, "enough"));
}

// Uploads `pieces` under `name`.
absl::StatusOr<v1::UploadArtifactResponse> Upload(
    OrchestratorClient& client, const std::string& name,
    std::vector<std::string> pieces) {
  v1::UploadHeader header;
  header.set_file_name(name);
  size_t next = 0;
  return client.UploadArtifact(header, [&]() -> absl::StatusOr<std::string> {
    return next < pieces.size() ? pieces[next++] : "";
  });
}

TEST_F(GrpcOrchestratorClientTest, UploadsInPieces) {
  const auto response = Upload(*Client(), "a.csv", {"ab", "cd"});
  ASSERT_OK(response);
  EXPECT_EQ(response->artifact().name(), "a.csv");
  EXPECT_EQ(response->artifact().uri(), "abcd");
}

TEST_F(GrpcOrchestratorClientTest, AnUploadThatIsRefusedEndsWithTheReason) {
  EXPECT_THAT(
      Upload(*Client(), "refused", std::vector<std::string>(100, "piece")),
      StatusIs(absl::StatusCode::kResourceExhausted, "too large"));
}

TEST_F(GrpcOrchestratorClientTest, AnUploadEndsIfItsFileCannotBeRead) {
  EXPECT_THAT(Client()->UploadArtifact(v1::UploadHeader(),
                                       []() -> absl::StatusOr<std::string> {
                                         return absl::DataLossError("bad disk");
                                       }),
              StatusIs(absl::StatusCode::kDataLoss, "bad disk"));
}

TEST_F(GrpcOrchestratorClientTest, SaysThatAServerIsTooOldForACall) {
  EXPECT_THAT(Client()->PauseRun(v1::PauseRunRequest()),
              StatusIs(absl::StatusCode::kUnimplemented,
                       HasSubstr("older than this program")));
}

TEST_F(GrpcOrchestratorClientTest, FailsAsItsAddressSourceDoes) {
  EXPECT_THAT(MakeGrpcOrchestratorClient(
                  []() -> absl::StatusOr<std::string> {
                    return NotReachable("no cluster");
                  },
                  {})
                  .status(),
              StatusIs(absl::StatusCode::kUnavailable, "no cluster"));
}

}  // namespace
}  // namespace stagecoach
