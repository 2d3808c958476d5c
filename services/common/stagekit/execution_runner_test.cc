#include "services/common/stagekit/execution_runner.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "prometheus/registry.h"
#include "services/common/artifact/errno_status.h"
#include "services/common/artifact/fault_file_system.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/artifact/posix_file_system.h"
#include "services/common/base/clock.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/status_matchers.h"
#include "services/common/stagekit/fake_stages.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

constexpr char kCopy[] = "runs/run/copy/1/copy.txt";

v1::ExecuteRequest CopyRequest() {
  v1::ExecuteRequest request;
  request.set_execution_id("run/copy/1");
  request.set_output_prefix("pvc://artifacts/runs/run/copy/1");
  v1::Artifact& source = (*request.mutable_inputs())["source"];
  source.set_uri("pvc://artifacts/source.txt");
  source.set_type(v1::ARTIFACT_TYPE_TEXT);
  return request;
}

// A replica of CopyStage on a volume that others may share.
class Replica {
 public:
  explicit Replica(std::shared_ptr<FileSystem> files)
      : volumes_{{"artifacts", std::move(files)}} {}

  ExecutionEnd Run(const v1::ExecuteRequest& request) {
    auto checked = CheckRequest(request, description_, volumes_);
    if (!checked.ok()) return checked.status();
    Execution execution(checked->id);
    PhaseClock phases(Clock::Real());
    return runner_.Run(*checked, phases, execution);
  }

  CopyStage& stage() { return stage_; }

 private:
  CopyStage stage_;
  const v1::StageDescription description_ = stage_.Describe();
  prometheus::Registry registry_;
  const VolumeMap volumes_;
  ArtifactStore store_{volumes_, registry_};
  ExecutionRunner runner_{stage_, description_, store_, Clock::Real()};
};

std::shared_ptr<MemoryFileSystem> VolumeWithSource() {
  auto files = std::make_shared<MemoryFileSystem>("artifacts");
  files->PutFile("source.txt", "abc");
  return files;
}

bool Published(const MemoryFileSystem& files) {
  for (const std::string& path : files.AllFiles()) {
    if (path == kCopy) return true;
  }
  return false;
}

TEST(ExecutionRunnerTest, TwoReplicasGivenOneExecutionPublishOnce) {
  const auto files = VolumeWithSource();
  Replica first(files);
  Replica second(files);
  const ExecutionEnd first_end = first.Run(CopyRequest());
  const ExecutionEnd second_end = second.Run(CopyRequest());
  ASSERT_OK(first_end);
  ASSERT_OK(second_end);
  EXPECT_EQ(second.stage().runs(), 0);
  EXPECT_EQ(first_end->outputs(0).SerializeAsString(),
            second_end->outputs(0).SerializeAsString());
}

TEST(ExecutionRunnerTest,
     WhateverTheVolumeDoesTheOutputsAppearWholeOrNotAtAll) {
  for (const bool for_good : {false, true}) {
    for (const bool after_effect : {false, true}) {
      for (int nth = 1;; ++nth) {
        const auto files = VolumeWithSource();
        FaultOptions fault;
        fault.nth = nth;
        fault.for_good = for_good;
        fault.after_effect = after_effect;
        const auto faulty = MakeFaultFileSystem(files, fault);
        const ExecutionEnd end = Replica(faulty).Run(CopyRequest());
        files->LosePower(PowerCut::kForgetAll);
        EXPECT_TRUE(!end.ok() || Published(*files)) << "call " << nth;
        if (Published(*files)) {
          EXPECT_EQ(files->Content(kCopy), "abc") << "call " << nth;
        }
        // Whoever tries again gets the one true end.
        EXPECT_OK(Replica(files).Run(CopyRequest())) << "call " << nth;
        if (!faulty->fired()) break;
        ASSERT_LT(nth, 1000);
      }
    }
  }
}

TEST(ExecutionRunnerTest, AFullVolumeIsResourceExhaustedAndNamed) {
  const auto files = VolumeWithSource();
  int failures = 0;
  for (int nth = 1;; ++nth) {
    FaultOptions full;
    full.nth = nth;
    full.for_good = true;
    full.error = ErrnoStatus(ENOSPC, "write pvc://artifacts/x");
    const auto faulty = MakeFaultFileSystem(files, full);
    const ExecutionEnd end = Replica(faulty).Run(CopyRequest());
    if (!faulty->fired()) break;
    if (end.ok()) continue;  // only the tidying up failed
    ++failures;
    EXPECT_THAT(end, StatusIs(absl::StatusCode::kResourceExhausted,
                              HasSubstr("pvc://artifacts")))
        << "call " << nth;
  }
  EXPECT_GT(failures, 3);
}

TEST(ExecutionRunnerTest, AnExecutionStoppedBeforeItsTurnNeverReachesTheStage) {
  const auto files = VolumeWithSource();
  CopyStage stage;
  const v1::StageDescription description = stage.Describe();
  prometheus::Registry registry;
  const VolumeMap volumes = {{"artifacts", files}};
  ArtifactStore store(volumes, registry);
  ExecutionRunner runner(stage, description, store, Clock::Real());
  const auto checked = CheckRequest(CopyRequest(), description, volumes);
  ASSERT_OK(checked);
  Execution execution(checked->id);
  execution.RequestStop(absl::CancelledError("before its turn"));
  PhaseClock phases(Clock::Real());
  EXPECT_THAT(
      runner.Run(*checked, phases, execution),
      StatusIs(absl::StatusCode::kCancelled, HasSubstr("before its turn")));
  EXPECT_EQ(stage.runs(), 0);
  EXPECT_FALSE(Published(*files));
}

// Copies its source, of which the end is cut off while it reads.
class CutOffStage final : public Stage {
 public:
  explicit CutOffStage(std::string source) : source_(std::move(source)) {}
  v1::StageDescription Describe() const override {
    return CopyStage().Describe();
  }
  absl::Status Run(ExecutionContext& context) override {
    SC_ASSIGN_OR_RETURN(const ArtifactReader reader,
                        context.OpenInput("source"));
    std::filesystem::resize_file(source_, 1);
    return context.WriteOutput("copy", reader.bytes());
  }

 private:
  const std::string source_;
};

TEST(ExecutionRunnerTest, AnInputThatIsCutOffWhileItIsReadEndsAsDataLoss) {
  std::string folder = testing::TempDir() + "volume-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  // So long that it is mapped.
  std::ofstream(folder + "/source.txt") << std::string(3 << 20, 'x');
  const auto files = OpenPosixFileSystem("artifacts", folder);
  ASSERT_OK(files);
  CutOffStage stage(folder + "/source.txt");
  const v1::StageDescription description = stage.Describe();
  prometheus::Registry registry;
  const VolumeMap volumes = {{"artifacts", *files}};
  ArtifactStore store(volumes, registry);
  ExecutionRunner runner(stage, description, store, Clock::Real());
  const auto checked = CheckRequest(CopyRequest(), description, volumes);
  ASSERT_OK(checked);
  Execution execution(checked->id);
  PhaseClock phases(Clock::Real());
  EXPECT_THAT(runner.Run(*checked, phases, execution),
              StatusIs(absl::StatusCode::kDataLoss,
                       HasSubstr("pvc://artifacts/source.txt was damaged")));
  EXPECT_FALSE(std::filesystem::exists(folder + "/runs/run/copy/1"));
  std::filesystem::remove_all(folder);
}

// Does nothing and declares no outputs.
class IdleStage final : public Stage {
 public:
  v1::StageDescription Describe() const override {
    return StageBuilder("idle", "1.0.0", "Does nothing.").Build();
  }
  absl::Status Run(ExecutionContext&) override { return absl::OkStatus(); }
};

TEST(ExecutionRunnerTest, AStageWithoutOutputsLeavesNothingOnTheVolume) {
  const auto files = std::make_shared<MemoryFileSystem>("artifacts");
  IdleStage stage;
  const v1::StageDescription description = stage.Describe();
  prometheus::Registry registry;
  const VolumeMap volumes = {{"artifacts", files}};
  ArtifactStore store(volumes, registry);
  ExecutionRunner runner(stage, description, store, Clock::Real());
  v1::ExecuteRequest request;
  request.set_execution_id("run/idle/1");
  request.set_output_prefix("pvc://artifacts/runs/run/idle/1");
  const auto checked = CheckRequest(request, description, volumes);
  ASSERT_OK(checked);
  Execution execution(checked->id);
  PhaseClock phases(Clock::Real());
  EXPECT_OK(runner.Run(*checked, phases, execution));
  EXPECT_TRUE(files->AllFiles().empty());
}

}  // namespace
}  // namespace stagecoach
