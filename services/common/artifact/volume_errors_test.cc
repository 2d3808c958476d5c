// Every call that checkpoints, uploads and reading make fails with every error
// that a volume is known for, once or from then on for good, with or without
// having done its work. What was acknowledged is there, nothing torn is shown,
// the code says what to do about it, and once the volume is well so are they.

#include <prometheus/registry.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "absl/strings/match.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/errno_status.h"
#include "services/common/artifact/fault_file_system.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/artifact/volume_watchdog.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

constexpr absl::string_view kPrefix = "pvc://artifacts/runs/r/load/1";
constexpr absl::string_view kCheckpoints =
    "pvc://artifacts/runs/r/train/checkpoint";
constexpr absl::string_view kText = "the text of an artifact";

class Volume {
 public:
  explicit Volume(std::shared_ptr<FileSystem> files)
      : store_(VolumeMap{{"artifacts", std::move(files)}}, registry_) {}
  ArtifactStore* operator->() { return &store_; }

 private:
  prometheus::Registry registry_;
  ArtifactStore store_;
};

StatusCode CodeOf(int error) { return ErrnoStatus(error, "").code(); }

absl::StatusOr<std::vector<v1::Artifact>> Publish(Volume& volume) {
  auto staging = volume->BeginAttempt(kPrefix);
  if (!staging.ok()) return staging.status();
  absl::Status status =
      (*staging)->WriteFile("text", v1::ARTIFACT_TYPE_TEXT, kText);
  if (!status.ok()) return status;
  Manifest manifest;
  manifest.execution_id = "r/load/1";
  return (*staging)->Publish(manifest);
}

absl::Status SaveCheckpoint(Volume& volume, int64_t number) {
  auto checkpoints = volume->OpenCheckpoints(kCheckpoints);
  if (!checkpoints.ok()) return checkpoints.status();
  const std::string bytes(64, static_cast<char>(number));
  return checkpoints->Save(number, {{"t", Dtype::kF32, {16}, bytes}}, {});
}

absl::StatusOr<NewestCheckpoint> OpenNewest(Volume& volume) {
  auto checkpoints = volume->OpenCheckpoints(kCheckpoints);
  if (!checkpoints.ok()) return checkpoints.status();
  return checkpoints->OpenNewest();
}

absl::StatusOr<v1::Artifact> Upload(Volume& volume) {
  v1::UploadHeader header;
  header.set_volume("artifacts");
  header.set_file_name("mine.txt");
  auto upload = volume->BeginUpload(header, /*max_bytes=*/1000);
  if (!upload.ok()) return upload.status();
  absl::Status status = (*upload)->Append(kText);
  if (status.ok()) status = (*upload)->Finish();
  if (!status.ok()) return status;
  return (*upload)->Publish();
}

// The error, whether it lasts, whether the call has done its work.
using Case = std::tuple<int, bool, bool>;

class VolumeErrorsTest : public testing::TestWithParam<Case> {
 protected:
  int error() const { return std::get<int>(GetParam()); }

  FaultOptions Fault(int nth) const {
    const auto [number, for_good, after_effect] = GetParam();
    return {.nth = nth,
            .for_good = for_good,
            .after_effect = after_effect,
            .error = ErrnoStatus(number, "pvc://artifacts/x")};
  }
};

TEST_P(VolumeErrorsTest, PublicationIsAllOrNothing) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    const auto files = std::make_shared<MemoryFileSystem>();
    const auto faulty = MakeFaultFileSystem(files, Fault(nth));
    Volume volume(faulty);
    const auto published = Publish(volume);
    if (faulty->fired() && !published.ok()) {
      EXPECT_THAT(published, StatusIs(CodeOf(error()), HasSubstr("artifacts")));
    }
    Volume well(files);
    const auto manifest = well->ReadManifest(kPrefix);
    ASSERT_OK(manifest);
    EXPECT_TRUE(manifest->has_value() || !published.ok());
    if (manifest->has_value()) {
      const auto reader = well->Open((*manifest)->result.outputs(0));
      ASSERT_OK(reader);
      EXPECT_EQ(reader->bytes(), kText);
    } else {
      EXPECT_OK(Publish(well)) << "the next attempt must not be in its way";
    }
    if (!faulty->fired()) break;
  }
}

TEST_P(VolumeErrorsTest, NoCheckpointIsLostOrTorn) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    const auto files = std::make_shared<MemoryFileSystem>();
    Volume well(files);
    ASSERT_OK(SaveCheckpoint(well, 10));
    const auto faulty = MakeFaultFileSystem(files, Fault(nth));
    Volume volume(faulty);
    const absl::Status saved = SaveCheckpoint(volume, 20);
    files->LosePower(PowerCut::kForgetContent);
    const auto newest = OpenNewest(well);
    ASSERT_OK(newest);
    ASSERT_TRUE(newest->checkpoint.has_value());
    EXPECT_TRUE(newest->damaged.empty());
    EXPECT_TRUE(newest->checkpoint->number == 20 || !saved.ok());
    EXPECT_OK(SaveCheckpoint(well, 30));
    if (!faulty->fired()) break;
    ASSERT_LT(nth, 100);
  }
}

TEST_P(VolumeErrorsTest, ACheckpointIsReadWholeOrNotAtAll) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    const auto files = std::make_shared<MemoryFileSystem>();
    Volume well(files);
    ASSERT_OK(SaveCheckpoint(well, 10));
    const auto faulty = MakeFaultFileSystem(files, Fault(nth));
    Volume volume(faulty);
    const auto newest = OpenNewest(volume);
    if (!newest.ok()) {
      EXPECT_THAT(newest, StatusIs(CodeOf(error())));
    } else if (newest->checkpoint.has_value()) {
      const auto tensor = newest->checkpoint->tensors.Find("t");
      ASSERT_OK(tensor);
      EXPECT_EQ(tensor->bytes, std::string(64, 10));
    }
    if (!faulty->fired()) break;
  }
}

TEST_P(VolumeErrorsTest, AnUploadIsThereWholeIfItWasAcknowledged) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    const auto files = std::make_shared<MemoryFileSystem>();
    const auto faulty = MakeFaultFileSystem(files, Fault(nth));
    Volume volume(faulty);
    const auto uploaded = Upload(volume);
    files->LosePower(PowerCut::kForgetContent);
    bool found = false;
    for (const std::string& path : files->AllFiles()) {
      if (!absl::EndsWith(path, "/mine.txt")) continue;
      found = true;
      EXPECT_EQ(files->Content(path), kText);
    }
    EXPECT_TRUE(found || !uploaded.ok());
    Volume well(files);
    EXPECT_OK(Upload(well)) << "what is left must not be in the way";
    if (!faulty->fired()) break;
  }
}

TEST_P(VolumeErrorsTest, AnArtifactIsReadWholeOrTheErrorSaysWhy) {
  int failures = 0;
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    const auto files = std::make_shared<MemoryFileSystem>();
    Volume well(files);
    const auto published = Publish(well);
    ASSERT_OK(published);
    const auto faulty = MakeFaultFileSystem(files, Fault(nth));
    Volume volume(faulty);
    const v1::Artifact& artifact = published->front();
    const auto reader = volume->Open(artifact);
    const bool fired = faulty->fired();
    if (reader.ok()) {
      EXPECT_EQ(reader->bytes(), kText);
    } else {
      ++failures;
      EXPECT_THAT(reader, StatusIs(CodeOf(error()), HasSubstr("artifacts")));
    }
    // A fault that has passed leaves no trace.
    if (!fired) break;
    const bool for_good = std::get<1>(GetParam());
    EXPECT_TRUE(for_good || volume->Open(artifact).ok());
  }
  EXPECT_GE(failures, 2);  // open, map
}

INSTANTIATE_TEST_SUITE_P(All, VolumeErrorsTest,
                         testing::Combine(testing::Values(ENOSPC, EDQUOT, EIO,
                                                          ESTALE, EROFS,
                                                          ETIMEDOUT),
                                          testing::Bool(), testing::Bool()));

TEST(RepeatedCallsTest, FindTheirOwnWorkDoneAndAreNoFailure) {
  const auto files = std::make_shared<MemoryFileSystem>();
  const auto repeating = MakeFaultFileSystem(files, {.repeats = true});
  Volume volume(repeating);
  EXPECT_OK(Publish(volume));
  // More than are kept, one of them again, one of them over a damaged one.
  for (int64_t number : {10, 20, 30, 40, 40}) {
    EXPECT_OK(SaveCheckpoint(volume, number));
  }
  files->PutFile("runs/r/train/checkpoint/000000000050.safetensors", "torn");
  EXPECT_OK(SaveCheckpoint(volume, 50));
  EXPECT_OK(Upload(volume));
  EXPECT_OK(Upload(volume));
  std::optional<VolumeSpace> space;
  EXPECT_OK(ProbeVolume(*repeating, &space));
}

TEST(DeletedVolumeTest, APublicationWhoseDirectoryIsDeletedFailsAndNamesIt) {
  const auto files = std::make_shared<MemoryFileSystem>();
  Volume volume(files);
  auto staging = volume->BeginAttempt(kPrefix);
  ASSERT_OK(staging);
  ASSERT_OK((*staging)->WriteFile("text", v1::ARTIFACT_TYPE_TEXT, kText));
  ASSERT_OK(files->RemoveTree("runs"));
  EXPECT_THAT((*staging)->Publish(Manifest()),
              StatusIs(StatusCode::kNotFound, HasSubstr(kPrefix)));
  EXPECT_OK(Publish(volume));
}

TEST(DeletedVolumeTest, WhatIsOpenIsReadToItsEndAndIsGoneForTheNext) {
  const auto files = std::make_shared<MemoryFileSystem>();
  Volume volume(files);
  const auto published = Publish(volume);
  ASSERT_OK(published);
  const auto reader = volume->Open(published->front());
  ASSERT_OK(reader);
  ASSERT_OK(files->RemoveTree("runs"));
  EXPECT_EQ(reader->bytes(), kText);
  EXPECT_THAT(volume->Open(published->front()),
              StatusIs(StatusCode::kNotFound, HasSubstr(kPrefix)));
}

}  // namespace
}  // namespace stagecoach
