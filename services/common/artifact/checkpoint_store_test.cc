#include "services/common/artifact/checkpoint_store.h"

#include <prometheus/registry.h>

#include <string>
#include <vector>

#include "services/common/artifact/fault_file_system.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kNewestFile[] =
    "runs/r/train/checkpoint/000000000030.safetensors";

// A checkpoint of one tensor with one value.
struct Sample {
  explicit Sample(float number) : values{number} {}
  std::vector<TensorView> tensors() const {
    return {{"w",
             Dtype::kF32,
             {1},
             absl::string_view(reinterpret_cast<const char*>(values.data()),
                               sizeof(float))}};
  }
  std::vector<float> values;
};

class CheckpointStoreTest : public testing::Test {
 protected:
  CheckpointStore Checkpoints(std::shared_ptr<FileSystem> files) {
    return CheckpointStore(
        std::move(files), metrics_,
        *ArtifactUri::Parse("pvc://artifacts/runs/r/train/checkpoint"));
  }

  static absl::Status Save(CheckpointStore& checkpoints, int64_t number) {
    return checkpoints.Save(number, Sample(number).tensors(),
                            {{"epoch", std::to_string(number)}});
  }

  prometheus::Registry registry_;
  ArtifactMetrics metrics_{registry_};
  std::shared_ptr<MemoryFileSystem> files_ =
      std::make_shared<MemoryFileSystem>();
};

TEST_F(CheckpointStoreTest, OpensTheNewest) {
  CheckpointStore checkpoints = Checkpoints(files_);
  ASSERT_OK(Save(checkpoints, 10));
  ASSERT_OK(Save(checkpoints, 20));
  const auto newest = checkpoints.OpenNewest();
  ASSERT_OK(newest);
  ASSERT_TRUE(newest->checkpoint.has_value());
  EXPECT_EQ(newest->checkpoint->number, 20);
  const SafetensorsView& view = newest->checkpoint->tensors;
  EXPECT_THAT(view.tensors()[0].floats(), ElementsAre(20));
  EXPECT_EQ(view.metadata().at("epoch"), "20");
  EXPECT_THAT(newest->damaged, IsEmpty());
}

TEST_F(CheckpointStoreTest, ThereIsNoneBeforeTheFirst) {
  const CheckpointStore checkpoints = Checkpoints(files_);
  const auto newest = checkpoints.OpenNewest();
  ASSERT_OK(newest);
  EXPECT_FALSE(newest->checkpoint.has_value());
  EXPECT_THAT(checkpoints.List(), IsOkAndHolds(IsEmpty()));
}

TEST_F(CheckpointStoreTest, KeepsTheNewestTwo) {
  CheckpointStore checkpoints = Checkpoints(files_);
  for (int number : {10, 20, 30, 40}) ASSERT_OK(Save(checkpoints, number));
  EXPECT_THAT(checkpoints.List(), IsOkAndHolds(ElementsAre(30, 40)));
  EXPECT_THAT(files_->AllFiles(), SizeIs(2));
}

TEST_F(CheckpointStoreTest, FilesAreNamedByTwelveDigits) {
  CheckpointStore checkpoints = Checkpoints(files_);
  ASSERT_OK(Save(checkpoints, 30));
  EXPECT_THAT(files_->AllFiles(), ElementsAre(kNewestFile));
  files_->PutFile("runs/r/train/checkpoint/notes.txt", "");
  files_->PutFile("runs/r/train/checkpoint/-00000000001.safetensors", "");
  files_->PutFile("runs/r/train/checkpoint/31.safetensors", "");
  EXPECT_THAT(checkpoints.List(), IsOkAndHolds(ElementsAre(30)));
}

TEST_F(CheckpointStoreTest, NumbersHaveARange) {
  CheckpointStore checkpoints = Checkpoints(files_);
  EXPECT_OK(Save(checkpoints, 0));
  EXPECT_OK(Save(checkpoints, 999'999'999'999));
  EXPECT_THAT(Save(checkpoints, -1), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Save(checkpoints, 1'000'000'000'000),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("from 0 to")));
}

TEST_F(CheckpointStoreTest, PassesOverADamagedOneAndSaysSo) {
  CheckpointStore checkpoints = Checkpoints(files_);
  ASSERT_OK(Save(checkpoints, 20));
  ASSERT_OK(Save(checkpoints, 30));
  const std::string whole = files_->Content(kNewestFile);
  std::string flipped = whole;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  for (const std::string& damaged :
       {flipped, whole.substr(0, whole.size() - 1), std::string()}) {
    files_->PutFile(kNewestFile, damaged);
    const auto newest = checkpoints.OpenNewest();
    ASSERT_OK(newest);
    ASSERT_TRUE(newest->checkpoint.has_value());
    EXPECT_EQ(newest->checkpoint->number, 20);
    ASSERT_THAT(newest->damaged, SizeIs(1));
    EXPECT_THAT(std::string(newest->damaged[0].message()),
                HasSubstr(kNewestFile));
  }
}

TEST_F(CheckpointStoreTest, ASafetensorsFileWithoutDigestIsNoCheckpoint) {
  const Sample sample(1);
  const auto header = SafetensorsHeader(sample.tensors(), {});
  ASSERT_OK(header);
  files_->PutFile(kNewestFile,
                  *header + std::string(sample.tensors()[0].bytes));
  EXPECT_THAT(
      Checkpoints(files_).Open(30),
      StatusIs(StatusCode::kFailedPrecondition, HasSubstr("is no checkpoint")));
}

TEST_F(CheckpointStoreTest, SavingANumberAgainKeepsTheWholeOne) {
  CheckpointStore checkpoints = Checkpoints(files_);
  ASSERT_OK(Save(checkpoints, 30));
  const std::string first = files_->Content(kNewestFile);
  EXPECT_OK(checkpoints.Save(30, Sample(99).tensors(), {}));
  EXPECT_EQ(files_->Content(kNewestFile), first);
  EXPECT_THAT(files_->AllFiles(), SizeIs(1));
}

TEST_F(CheckpointStoreTest, SavingANumberAgainReplacesADamagedOne) {
  CheckpointStore checkpoints = Checkpoints(files_);
  ASSERT_OK(Save(checkpoints, 30));
  files_->PutFile(kNewestFile, "damaged");
  EXPECT_OK(Save(checkpoints, 30));
  EXPECT_OK(checkpoints.Open(30));
  EXPECT_THAT(files_->AllFiles(), ElementsAre(kNewestFile));
}

TEST_F(CheckpointStoreTest, AVolumeThatDoesNotAnswerIsNotTakenForDamage) {
  CheckpointStore checkpoints = Checkpoints(files_);
  ASSERT_OK(Save(checkpoints, 30));
  const auto faulty = MakeFaultFileSystem(files_, {.nth = 2});
  EXPECT_THAT(Checkpoints(faulty).OpenNewest(),
              StatusIs(StatusCode::kUnavailable));
}

// Whatever call fails, and whatever the power cut takes: the checkpoint before
// is still there, and the new one if its Save was OK.
TEST_F(CheckpointStoreTest, NoFaultLosesACheckpointOrShowsATornOne) {
  for (const PowerCut cut : {PowerCut::kForgetAll, PowerCut::kForgetContent}) {
    for (const bool for_good : {false, true}) {
      for (int nth = 1;; ++nth) {
        SCOPED_TRACE(nth);
        files_ = std::make_shared<MemoryFileSystem>();
        CheckpointStore before = Checkpoints(files_);
        ASSERT_OK(Save(before, 10));
        const auto faulty =
            MakeFaultFileSystem(files_, {.nth = nth, .for_good = for_good});
        CheckpointStore checkpoints = Checkpoints(faulty);
        const absl::Status saved = Save(checkpoints, 20);
        files_->LosePower(cut);
        const auto newest = Checkpoints(files_).OpenNewest();
        ASSERT_OK(newest);
        ASSERT_TRUE(newest->checkpoint.has_value());
        EXPECT_THAT(newest->damaged, IsEmpty());
        EXPECT_TRUE(newest->checkpoint->number == 20 || !saved.ok());
        if (!faulty->fired()) break;
      }
    }
  }
}

}  // namespace
}  // namespace stagecoach
