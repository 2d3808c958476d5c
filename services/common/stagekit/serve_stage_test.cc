#include "services/common/stagekit/serve_stage.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "grpcpp/channel.h"
#include "gtest/gtest.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/endpoints_file.h"
#include "services/common/stagekit/fake_stages.h"
#include "services/common/stagekit/stage_service_fixture.h"
#include "stagecoach/v1/stage.grpc.pb.h"

namespace stagecoach {
namespace {

using ::testing::ExitedWithCode;

// Runs ServeStage with a new folder as its volume; meant for the child process
// of a death test, in which a second thread plays the client.
class Program {
 public:
  Program() {
    std::filesystem::create_directories(folder_ + "/volume");
    std::ofstream(folder_ + "/volume/source.txt") << "abc";
  }

  int Serve(std::unique_ptr<Stage> stage,
            std::vector<std::string> more_flags = {}) {
    std::vector<std::string> flags = {
        "stage",
        "--listen=127.0.0.1:0",
        "--metrics-listen=127.0.0.1:0",
        "--volume=artifacts=" + folder_ + "/volume",
        "--endpoints-file=" + endpoints_file(),
        "--drain-timeout=0s"};
    flags.insert(flags.end(), more_flags.begin(), more_flags.end());
    std::vector<const char*> argv;
    for (const std::string& flag : flags) argv.push_back(flag.c_str());
    return ServeStage(static_cast<int>(argv.size()), argv.data(),
                      std::move(stage));
  }

  // Waits until the program serves.
  std::unique_ptr<v1::StageService::Stub> Connect() {
    for (;;) {
      const auto endpoints = ReadEndpointsFile(endpoints_file());
      if (endpoints.ok()) {
        return v1::StageService::NewStub(MakeChannel(endpoints->grpc));
      }
      std::this_thread::yield();
    }
  }

  std::string endpoints_file() const { return folder_ + "/endpoints.json"; }
  std::string volume() const { return folder_ + "/volume"; }

 private:
  const std::string folder_ = testing::TempDir() + RandomId(10);
};

// Ends the child process with a code that no other way of ending has.
void Require(bool condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "failed: %s\n", what);
  _exit(99);
}

v1::ExecuteRequest CopyRequest() {
  v1::ExecuteRequest request;
  request.set_execution_id("run/copy/1");
  request.set_output_prefix("pvc://artifacts/runs/run/copy/1");
  v1::Artifact& source = (*request.mutable_inputs())["source"];
  source.set_uri("pvc://artifacts/source.txt");
  source.set_type(v1::ARTIFACT_TYPE_TEXT);
  return request;
}

class ServeStageDeathTest : public testing::Test {
 protected:
  ServeStageDeathTest() {
    // The child starts from the beginning, so that it has no thread of gRPC's.
    testing::FLAGS_gtest_death_test_style = "threadsafe";
  }
};

void ExecuteThenTerminate() {
  Program program;
  std::thread client([&program] {
    auto stub = program.Connect();
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    v1::DescribeResponse described;
    Require(stub->Describe(&context, {}, &described).ok(), "Describe");
    Require(described.stage().slots() == 3, "slots");
    Require(!described.stage().build_id().empty(), "build id");
    ExecuteCall call(*stub, CopyRequest());
    Require(call.Finish().ok(), "Execute");
    Require(std::filesystem::exists(program.volume() +
                                    "/runs/run/copy/1/manifest.json"),
            "manifest");
    kill(getpid(), SIGTERM);
  });
  const int code = program.Serve(std::make_unique<CopyStage>(), {"--slots=3"});
  client.join();
  _exit(code);
}

TEST_F(ServeStageDeathTest, ServesUntilTerminatedAndExitsWithZero) {
  EXPECT_EXIT(ExecuteThenTerminate(), ExitedWithCode(0), "stopping");
}

void TerminateWhileItRuns() {
  Program program;
  auto stage = std::make_unique<BlockingStage>();
  BlockingStage& blocking = *stage;
  std::thread client([&program, &blocking] {
    auto stub = program.Connect();
    v1::ExecuteRequest request;
    request.set_execution_id("run/block/1");
    request.set_output_prefix("pvc://artifacts/runs/run/block/1");
    request.set_checkpoint_prefix("pvc://artifacts/runs/run/block/checkpoint");
    ExecuteCall call(*stub, request);
    blocking.AwaitRuns(1);
    kill(getpid(), SIGTERM);
    Require(absl::IsUnavailable(call.Finish()), "ends as UNAVAILABLE");
    Require(std::filesystem::exists(
                program.volume() +
                "/runs/run/block/checkpoint/000000000001.safetensors"),
            "checkpoint");
  });
  const int code = program.Serve(std::move(stage));
  client.join();
  _exit(code);
}

TEST_F(ServeStageDeathTest,
       RunningWorkIsCheckpointedAndGivenBackWhenTerminated) {
  EXPECT_EXIT(TerminateWhileItRuns(), ExitedWithCode(0),
              "told to save their work");
}

TEST_F(ServeStageDeathTest, BadFlagsAreOneLineAndExitCodeTwo) {
  EXPECT_EXIT(
      _exit(Program().Serve(std::make_unique<CopyStage>(), {"--slots=0"})),
      ExitedWithCode(2), "slots is 0; it must be from 1 to 1024");
  EXPECT_EXIT(
      _exit(Program().Serve(std::make_unique<CopyStage>(), {"--slot=2"})),
      ExitedWithCode(2), "--slots");
}

TEST_F(ServeStageDeathTest, AVolumeThatIsNotThereIsAnErrorAtTheStart) {
  EXPECT_EXIT(_exit(Program().Serve(std::make_unique<CopyStage>(),
                                    {"--volume=data=/no/such/folder"})),
              ExitedWithCode(1), "/no/such/folder");
}

}  // namespace
}  // namespace stagecoach
