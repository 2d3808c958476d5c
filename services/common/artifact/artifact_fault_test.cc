// Every call that publication makes fails once, or from then on for good, with
// or without having done its work, and then the power is cut: what is visible
// is whole, and what was acknowledged is there.

#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <tuple>

#include "absl/strings/match.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/fault_file_system.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using absl::StatusCode;

constexpr absl::string_view kPrefix = "pvc://artifacts/runs/r/load/1";
constexpr absl::string_view kDirectory = "runs/r/load/1/";

class Volume {
 public:
  explicit Volume(std::shared_ptr<FileSystem> files)
      : store_(VolumeMap{{"artifacts", std::move(files)}}, registry_) {}
  ArtifactStore& store() { return store_; }

 private:
  prometheus::Registry registry_;
  ArtifactStore store_;
};

absl::Status PublishSample(ArtifactStore& store, size_t text_size = 10) {
  auto staging = store.BeginAttempt(kPrefix);
  if (!staging.ok()) return staging.status();
  absl::Status status =
      (*staging)->WriteFile("table", v1::ARTIFACT_TYPE_TABLE, "a\n1\n");
  if (status.ok()) {
    status = (*staging)->WriteFile("text", v1::ARTIFACT_TYPE_TEXT,
                                   std::string(text_size, 'x'));
  }
  if (status.ok())
    status = (*staging)->WriteTensors("tensor", v1::ARTIFACT_TYPE_TENSOR,
                                      {{"t", Dtype::kF32, {0}, ""}}, {});
  if (!status.ok()) return status;
  Manifest manifest;
  manifest.execution_id = "r/load/1";
  return (*staging)->Publish(manifest).status();
}

// Whether the sample is published, whole. A torn one fails the test.
bool IsPublished(const std::shared_ptr<MemoryFileSystem>& files) {
  Volume volume(files);
  const auto manifest = volume.store().ReadManifest(kPrefix);
  EXPECT_OK(manifest);
  if (!manifest.ok()) return false;
  if (!manifest->has_value()) {
    for (const std::string& path : files->AllFiles()) {
      EXPECT_FALSE(absl::StartsWith(path, kDirectory)) << path;
    }
    return false;
  }
  EXPECT_EQ((*manifest)->result.outputs_size(), 3);
  for (const v1::Artifact& output : (*manifest)->result.outputs()) {
    EXPECT_OK(volume.store().Open(output));
  }
  return true;
}

// The cut, whether the fault lasts, whether the call has done its work.
using Case = std::tuple<PowerCut, bool, bool>;

class ArtifactFaultTest : public testing::TestWithParam<Case> {
 protected:
  FaultOptions Fault(int nth) {
    const auto [cut, for_good, after_effect] = GetParam();
    return {.nth = nth, .for_good = for_good, .after_effect = after_effect};
  }
  PowerCut cut() { return std::get<PowerCut>(GetParam()); }
};

TEST_P(ArtifactFaultTest, PublicationIsAllOrNothingAtEveryFault) {
  int faults = 0;
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    const auto files = std::make_shared<MemoryFileSystem>();
    const auto faulty = MakeFaultFileSystem(files, Fault(nth));
    absl::Status published;
    {
      Volume volume(faulty);
      published = PublishSample(volume.store());
    }
    const bool fired = faulty->fired();
    files->LosePower(cut());
    const bool found = IsPublished(files);
    EXPECT_TRUE(found || !published.ok());
    if (!fired) {
      EXPECT_OK(published);
      break;
    }
    ++faults;
  }
  // All the calls of which there must be some: fewer means that the test has
  // lost its subject.
  EXPECT_GT(faults, 20);
}

TEST_P(ArtifactFaultTest, NothingTornIsVisibleBeforeThePowerCut) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    const auto files = std::make_shared<MemoryFileSystem>();
    const auto faulty = MakeFaultFileSystem(files, Fault(nth));
    Volume volume(faulty);
    const absl::Status published = PublishSample(volume.store());
    const bool found = IsPublished(files);
    EXPECT_TRUE(found || !published.ok());
    if (!faulty->fired()) break;
  }
}

TEST_P(ArtifactFaultTest, AnAttemptThatSeesItsManifestMayRelyOnIt) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    const auto files = std::make_shared<MemoryFileSystem>();
    const auto faulty = MakeFaultFileSystem(files, Fault(nth));
    Volume volume(faulty);
    PublishSample(volume.store()).IgnoreError();
    // What a restarted stage does that is asked for the same execution.
    const auto manifest = volume.store().ReadManifest(kPrefix);
    files->LosePower(cut());
    const bool found = IsPublished(files);
    EXPECT_TRUE(found || !manifest.ok() || !manifest->has_value());
    if (!faulty->fired()) break;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ArtifactFaultTest,
    testing::Combine(testing::Values(PowerCut::kForgetAll,
                                     PowerCut::kForgetContent),
                     testing::Bool(), testing::Bool()));

TEST(LargeFileTest, IsPublishedWholeOrNotAtAll) {
  // Written in several pieces, some of which reach the volume before the fault.
  constexpr size_t kSize = 5 << 19;
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    const auto files = std::make_shared<MemoryFileSystem>();
    const auto faulty = MakeFaultFileSystem(files, {.nth = nth});
    Volume volume(faulty);
    const absl::Status published = PublishSample(volume.store(), kSize);
    EXPECT_TRUE(IsPublished(files) || !published.ok());
    if (!faulty->fired()) break;
  }
}

TEST(FullVolumeTest, IsReportedAsFull) {
  for (int nth = 1;; ++nth) {
    const auto faulty = MakeFaultFileSystem(
        std::make_shared<MemoryFileSystem>(),
        {.nth = nth,
         .for_good = true,
         .error = ErrnoStatus(ENOSPC, "write pvc://artifacts/a")});
    Volume volume(faulty);
    const absl::Status published = PublishSample(volume.store());
    if (!faulty->fired()) break;
    EXPECT_THAT(published, StatusIs(StatusCode::kResourceExhausted)) << nth;
  }
}

}  // namespace
}  // namespace stagecoach
