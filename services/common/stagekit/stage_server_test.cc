#include "services/common/stagekit/stage_server.h"

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_matchers.h"
#include "services/common/stagekit/fake_stages.h"
#include "services/common/stagekit/stage_service_fixture.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

class StageServerTest : public testing::Test {
 protected:
  StageServerTest() {
    std::filesystem::create_directories(volume_);
    options_.serve.listen_address = "127.0.0.1:0";
    options_.serve.metrics_listen_address = "127.0.0.1:0";
    options_.serve.volumes = {"artifacts=" + volume_};
    options_.serve.endpoints_file = folder_ + "/endpoints.json";
    options_.watchdog.interval = absl::Milliseconds(5);
  }

  // Waits until the metric has the value; the test's time limit ends it.
  void AwaitReady(const StageServer& server, double value) {
    while (MetricValue(server.metrics(), "stagecoach_stage_ready",
                       "stage=\"copy\"") != value) {
      std::this_thread::yield();
    }
  }

  const std::string folder_ = testing::TempDir() + RandomId(10);
  const std::string volume_ = folder_ + "/volume";
  StageServerOptions options_;
};

TEST_F(StageServerTest, SaysWhereItListensOnceItIsReady) {
  auto server = StageServer::Start(std::make_unique<CopyStage>(), options_);
  ASSERT_OK(server);
  AwaitReady(**server, 1);
  while (!ReadEndpointsFile(options_.serve.endpoints_file).ok()) {
    std::this_thread::yield();
  }
  const auto endpoints = ReadEndpointsFile(options_.serve.endpoints_file);
  EXPECT_EQ(endpoints->grpc, (*server)->endpoints().grpc);
  EXPECT_EQ(endpoints->metrics, (*server)->endpoints().metrics);
}

TEST_F(StageServerTest, IsReadyOnlyWhileItsVolumeAnswers) {
  auto server = StageServer::Start(std::make_unique<CopyStage>(), options_);
  ASSERT_OK(server);
  AwaitReady(**server, 1);
  std::filesystem::remove_all(volume_);
  AwaitReady(**server, 0);
}

TEST_F(StageServerTest, IsNotReadyAnyMoreOnceStopped) {
  auto server = StageServer::Start(std::make_unique<CopyStage>(), options_);
  ASSERT_OK(server);
  AwaitReady(**server, 1);
  EXPECT_TRUE((*server)->Stop());
  AwaitReady(**server, 0);
  EXPECT_EQ(MetricValue((*server)->metrics(), "stagecoach_stage_draining",
                        "stage=\"copy\""),
            1);
}

// Does not care about being told to stop.
class StubbornStage final : public Stage {
 public:
  v1::StageDescription Describe() const override {
    return StageBuilder("stubborn", "1.0.0", "Goes on.").Build();
  }
  absl::Status Run(ExecutionContext&) override {
    begun.Notify();
    released.WaitForNotification();
    return absl::OkStatus();
  }

  absl::Notification begun;
  absl::Notification released;
};

TEST_F(StageServerTest, SaysIfAnExecutionDoesNotEndThoughItWasToldTo) {
  options_.serve.drain_timeout = absl::ZeroDuration();
  options_.stop_timeout = absl::Milliseconds(1);
  auto owned = std::make_unique<StubbornStage>();
  StubbornStage& stage = *owned;
  auto server = StageServer::Start(std::move(owned), options_);
  ASSERT_OK(server);
  const auto stub =
      v1::StageService::NewStub(MakeChannel((*server)->endpoints().grpc));
  v1::ExecuteRequest request;
  request.set_execution_id("run/step/1");
  request.set_output_prefix("pvc://artifacts/runs/run/step/1");
  ExecuteCall call(*stub, request);
  stage.begun.WaitForNotification();
  EXPECT_FALSE((*server)->Stop());
  EXPECT_FALSE(call.Finish().ok());
  stage.released.Notify();  // or the server could not be destroyed
}

// Has a name that the contract does not allow.
class NamelessStage final : public Stage {
 public:
  v1::StageDescription Describe() const override {
    return StageBuilder("No Name", "1.0.0", "").Build();
  }
  absl::Status Run(ExecutionContext&) override { return absl::OkStatus(); }
};

TEST_F(StageServerTest, RefusesAStageThatDescribesItselfBadly) {
  EXPECT_THAT(
      StageServer::Start(std::make_unique<NamelessStage>(), options_).status(),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("name of stage is 'No Name'")));
}

TEST_F(StageServerTest, NeedsAVolume) {
  options_.serve.volumes.clear();
  EXPECT_THAT(options_.Validate(), StatusIs(absl::StatusCode::kInvalidArgument,
                                            HasSubstr("--volume")));
}

}  // namespace
}  // namespace stagecoach
