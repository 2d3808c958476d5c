#include "services/common/artifact/artifact_store.h"

#include <prometheus/registry.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/common/artifact/errno_status.h"
#include "services/common/artifact/file_mapping.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/artifact/unique_fd.h"
#include "services/common/base/metrics.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::string_view kPrefix = "pvc://artifacts/runs/r/load/1";

// Like NFS, keeps what is open: a directory with an open file in it cannot be
// removed.
class OpenFilesStay final : public MemoryFileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      absl::string_view path) override {
    auto file = MemoryFileSystem::CreateFile(path);
    if (!file.ok()) return file.status();
    return std::make_unique<OpenFile>(*std::move(file), open_);
  }
  absl::Status RemoveTree(absl::string_view path) override {
    if (open_.use_count() > 1) return ErrnoStatus(ENOTEMPTY, path);
    return MemoryFileSystem::RemoveTree(path);
  }

 private:
  class OpenFile final : public WritableFile {
   public:
    OpenFile(std::unique_ptr<WritableFile> file, std::shared_ptr<int> open)
        : file_(std::move(file)), open_(std::move(open)) {}
    absl::Status Append(absl::Span<const absl::string_view> pieces) override {
      return file_->Append(pieces);
    }
    absl::Status Sync() override { return file_->Sync(); }

   private:
    const std::unique_ptr<WritableFile> file_;
    const std::shared_ptr<int> open_;
  };

  // Held by every open file, too.
  const std::shared_ptr<int> open_ = std::make_shared<int>();
};

// Whose files are shortened as soon as they are mapped.
class ShortenedWhenMapped final : public MemoryFileSystem {
 public:
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFile(
      absl::string_view path) override {
    auto file = MemoryFileSystem::OpenFile(path);
    if (!file.ok()) return file.status();
    return std::make_unique<ShortFile>(*std::move(file));
  }

 private:
  class ShortFile final : public ReadableFile {
   public:
    explicit ShortFile(std::unique_ptr<ReadableFile> file)
        : file_(std::move(file)) {}
    const FileInfo& info() const override { return file_->info(); }
    absl::StatusOr<size_t> Read(int64_t offset,
                                absl::Span<char> buffer) const override {
      return file_->Read(offset, buffer);
    }
    absl::StatusOr<MappedBytes> Map() const override {
      const UniqueFd fd(memfd_create("short", MFD_CLOEXEC));
      const auto size = static_cast<size_t>(info().size_bytes);
      EXPECT_EQ(ftruncate(fd.get(), info().size_bytes), 0);
      const auto mapping = FileMapping::Map(fd.get(), size);
      EXPECT_EQ(ftruncate(fd.get(), 0), 0);
      return MappedBytes{mapping->bytes(), mapping, /*is_map=*/true};
    }

   private:
    const std::unique_ptr<ReadableFile> file_;
  };
};

TEST(ShortenedFileTest, IsDamagedWhateverItsRecordSays) {
  const auto files = std::make_shared<ShortenedWhenMapped>();
  prometheus::Registry registry;
  ArtifactStore store(VolumeMap{{"artifacts", files}}, registry);
  files->PutFile("text", std::string(10'000, 'x'));
  v1::Artifact artifact;
  artifact.set_uri("pvc://artifacts/text");
  artifact.set_size_bytes(10'000);
  // Also of what stands there instead of the bytes.
  for (const char byte : {'x', '\0'}) {
    artifact.set_sha256(Sha256Hex(std::string(10'000, byte)));
    EXPECT_THAT(store.Open(artifact), StatusIs(absl::StatusCode::kDataLoss,
                                               HasSubstr("was damaged")));
  }
}

TEST(ArtifactStagingTest, AnAttemptThatIsGivenUpClosesItsFilesAndThenGoes) {
  const auto files = std::make_shared<OpenFilesStay>();
  prometheus::Registry registry;
  ArtifactStore store(VolumeMap{{"artifacts", files}}, registry);
  {
    const auto staging = store.BeginAttempt(kPrefix);
    ASSERT_OK(staging);
    ASSERT_OK((*staging)->WriteFile("text", v1::ARTIFACT_TYPE_TEXT, "text"));
  }
  EXPECT_THAT(files->List("runs/r/load"), IsOkAndHolds(IsEmpty()));
}

class ArtifactStoreTest : public testing::Test {
 protected:
  ArtifactStoreTest()
      : files_(std::make_shared<MemoryFileSystem>()),
        store_(VolumeMap{{"artifacts", files_}}, registry_) {}

  // An artifact as its record says.
  v1::Artifact Record(const std::string& path, const std::string& content) {
    v1::Artifact artifact;
    artifact.set_uri("pvc://artifacts/" + path);
    artifact.set_size_bytes(static_cast<int64_t>(content.size()));
    artifact.set_sha256(Sha256Hex(content));
    return artifact;
  }

  std::unique_ptr<ArtifactStaging> Begin() {
    auto staging = store_.BeginAttempt(kPrefix);
    EXPECT_OK(staging);
    return *std::move(staging);
  }

  double Hashed() {
    return MetricValue(registry_, "stagecoach_artifact_io_bytes_total",
                       "op=\"hash\"");
  }

  prometheus::Registry registry_;
  std::shared_ptr<MemoryFileSystem> files_;
  ArtifactStore store_;
};

TEST_F(ArtifactStoreTest, OpensAFileThatMatchesItsRecord) {
  files_->PutFile("data/a.csv", "x\n1\n");
  const auto reader = store_.Open(Record("data/a.csv", "x\n1\n"));
  ASSERT_OK(reader);
  EXPECT_EQ(reader->bytes(), "x\n1\n");
  EXPECT_EQ(reader->uri(), "pvc://artifacts/data/a.csv");
}

TEST_F(ArtifactStoreTest, BytesLiveAsLongAsTheReader) {
  files_->PutFile("a", "before");
  const auto reader = store_.Open(Record("a", "before"));
  ASSERT_OK(reader);
  ASSERT_OK(files_->RemoveFile("a"));
  EXPECT_EQ(reader->bytes(), "before");
}

TEST_F(ArtifactStoreTest, AnotherSizeIsDataLoss) {
  files_->PutFile("a", "123");
  EXPECT_THAT(store_.Open(Record("a", "1234")),
              StatusIs(absl::StatusCode::kDataLoss,
                       "pvc://artifacts/a has 3 bytes, but its record says 4"));
}

TEST_F(ArtifactStoreTest, AnotherDigestIsDataLossAndCounted) {
  files_->PutFile("a", "1234");
  EXPECT_THAT(
      store_.Open(Record("a", "1235")),
      StatusIs(absl::StatusCode::kDataLoss, HasSubstr(Sha256Hex("1234"))));
  EXPECT_EQ(MetricValue(registry_, "stagecoach_artifact_io_errors_total",
                        "op=\"hash\",reason=\"corrupt\""),
            1);
}

TEST_F(ArtifactStoreTest, DigestsAFileOnceHoweverOftenItIsOpened) {
  files_->PutFile("a", "1234");
  for (int i = 0; i < 3; ++i) EXPECT_OK(store_.Open(Record("a", "1234")));
  EXPECT_EQ(Hashed(), 4);
}

TEST_F(ArtifactStoreTest, SeesThatAFileWasChangedSinceItWasVerified) {
  files_->PutFile("a", "1234");
  ASSERT_OK(store_.Open(Record("a", "1234")));
  files_->PutFile("a", "4321");
  EXPECT_THAT(store_.Open(Record("a", "1234")),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(ArtifactStoreTest, OpensWithoutADigestUncheckedAndTellsItOnDemand) {
  files_->PutFile("a", "1234");
  v1::Artifact artifact;
  artifact.set_uri("pvc://artifacts/a");
  artifact.set_size_bytes(999);
  EXPECT_OK(store_.Open(artifact));
  EXPECT_EQ(Hashed(), 0);
  const auto inspected = store_.InspectWithDigest("pvc://artifacts/a");
  ASSERT_OK(inspected);
  EXPECT_EQ(inspected->sha256(), Sha256Hex("1234"));
  EXPECT_EQ(inspected->size_bytes(), 4);
}

TEST_F(ArtifactStoreTest, InspectTellsTheSizeWithoutReading) {
  files_->PutFile("data/a.csv", "1234");
  const auto inspected = store_.Inspect("pvc://artifacts/data/a.csv");
  ASSERT_OK(inspected);
  EXPECT_EQ(inspected->size_bytes(), 4);
  EXPECT_EQ(Hashed(), 0);
  EXPECT_THAT(store_.Inspect("pvc://artifacts/data"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ArtifactStoreTest, NamesTheUriThatIsNotThere) {
  EXPECT_THAT(
      store_.Inspect("pvc://artifacts/no/a"),
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("pvc://artifacts/no/a")));
  EXPECT_THAT(
      store_.Open(Record("no/a", "")),
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("pvc://artifacts/no/a")));
}

TEST_F(ArtifactStoreTest, RefusesAnUnknownVolumeNamingTheKnown) {
  EXPECT_THAT(store_.Inspect("pvc://artefacts/a"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("did you mean \"artifacts\"?")));
}

TEST_F(ArtifactStoreTest, RefusesAMalformedDigest) {
  files_->PutFile("a", "1234");
  v1::Artifact artifact = Record("a", "1234");
  artifact.set_sha256("ABC");
  EXPECT_THAT(store_.Open(artifact),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("64 lower-case hexadecimal digits")));
}

TEST_F(ArtifactStoreTest, PublishesOutputsWithTheirFinalUris) {
  auto staging = Begin();
  ASSERT_OK(staging->WriteFile("notes", v1::ARTIFACT_TYPE_TEXT, "hello"));
  ASSERT_OK(staging->SetMetadata("notes", "rows", "1"));
  const auto outputs = staging->Publish(Manifest());
  ASSERT_OK(outputs);
  ASSERT_EQ(outputs->size(), 1u);
  const v1::Artifact& notes = outputs->front();
  EXPECT_EQ(notes.uri(), "pvc://artifacts/runs/r/load/1/notes.txt");
  EXPECT_EQ(notes.sha256(), Sha256Hex("hello"));
  EXPECT_EQ(notes.size_bytes(), 5);
  EXPECT_EQ(notes.metadata().at("rows"), "1");
  const auto reader = store_.Open(notes);
  ASSERT_OK(reader);
  EXPECT_EQ(reader->bytes(), "hello");
  EXPECT_THAT(files_->AllFiles(), ElementsAre("runs/r/load/1/manifest.json",
                                              "runs/r/load/1/notes.txt"));
}

TEST_F(ArtifactStoreTest, DescribesTheTensorsThatItWrites) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  auto staging = Begin();
  ASSERT_OK(staging->WriteTensors(
      "train", v1::ARTIFACT_TYPE_TENSOR,
      {{"train",
        Dtype::kF32,
        {3, 2},
        absl::string_view(reinterpret_cast<const char*>(values.data()), 24)}},
      {}));
  const auto outputs = staging->Publish(Manifest());
  ASSERT_OK(outputs);
  ASSERT_EQ(outputs->front().tensors_size(), 1);
  EXPECT_EQ(outputs->front().tensors(0).dtype(), "F32");
  EXPECT_THAT(outputs->front().tensors(0).shape(), ElementsAre(3, 2));
  const auto reader = store_.Open(outputs->front());
  ASSERT_OK(reader);
  const auto view = SafetensorsView::Parse(*reader);
  ASSERT_OK(view);
  EXPECT_EQ(view->tensors()[0].floats(), absl::MakeConstSpan(values));
}

TEST_F(ArtifactStoreTest, RefusesTensorsThatAreNoSafetensors) {
  auto staging = Begin();
  EXPECT_THAT(
      staging->WriteFile("train", v1::ARTIFACT_TYPE_TENSOR, "not tensors"),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("header")));
  EXPECT_THAT(staging->Publish(Manifest()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "output \"train\" is not finished"));
}

TEST_F(ArtifactStoreTest, NothingIsVisibleBeforePublication) {
  auto staging = Begin();
  ASSERT_OK(staging->WriteFile("notes", v1::ARTIFACT_TYPE_TEXT, "hello"));
  EXPECT_THAT(files_->Stat("runs/r/load/1"),
              StatusIs(absl::StatusCode::kNotFound));
  const auto manifest = store_.ReadManifest(kPrefix);
  ASSERT_OK(manifest);
  EXPECT_FALSE(manifest->has_value());
}

TEST_F(ArtifactStoreTest, WithoutPublicationNothingIsLeft) {
  auto staging = Begin();
  ASSERT_OK(staging->WriteFile("notes", v1::ARTIFACT_TYPE_TEXT, "hello"));
  staging = nullptr;
  EXPECT_THAT(files_->AllFiles(), IsEmpty());
  EXPECT_THAT(files_->List("runs/r/load"), IsOkAndHolds(IsEmpty()));
}

TEST_F(ArtifactStoreTest, APublishedPrefixIsNeverUsedAgain) {
  ASSERT_OK(Begin()->Publish(Manifest()));
  EXPECT_THAT(
      store_.BeginAttempt(kPrefix),
      StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("runs/r/load/1")));
}

TEST_F(ArtifactStoreTest, OfTwoAtOnceTheSecondPublishesNothing) {
  auto first = Begin();
  auto second = Begin();
  ASSERT_OK(first->WriteFile("notes", v1::ARTIFACT_TYPE_TEXT, "first"));
  ASSERT_OK(second->WriteFile("notes", v1::ARTIFACT_TYPE_TEXT, "second"));
  ASSERT_OK(first->Publish(Manifest()));
  EXPECT_THAT(second->Publish(Manifest()),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(files_->Content("runs/r/load/1/notes.txt"), "first");
}

TEST_F(ArtifactStoreTest, RefusesWhatIsNoOutput) {
  auto staging = Begin();
  EXPECT_THAT(staging->WriteFile("../x", v1::ARTIFACT_TYPE_TEXT, ""),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(staging->WriteFile("x", v1::ARTIFACT_TYPE_UNSPECIFIED, ""),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_OK(staging->WriteFile("x", v1::ARTIFACT_TYPE_TEXT, ""));
  EXPECT_THAT(staging->WriteFile("x", v1::ARTIFACT_TYPE_REPORT, ""),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(staging->SetMetadata("y", "rows", "1"),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ArtifactStoreTest, PublishesOnlyOnce) {
  auto staging = Begin();
  ASSERT_OK(staging->Publish(Manifest()));
  EXPECT_THAT(staging->Publish(Manifest()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ArtifactStoreTest, TheManifestReplaysHowTheAttemptEnded) {
  Manifest manifest;
  manifest.execution_id = "r/load/1";
  (*manifest.result.mutable_metrics())["rows"] = 144;
  auto staging = Begin();
  ASSERT_OK(staging->WriteFile("notes", v1::ARTIFACT_TYPE_TEXT, "hello"));
  const auto outputs = staging->Publish(manifest);
  ASSERT_OK(outputs);
  const auto read = store_.ReadManifest(kPrefix);
  ASSERT_OK(read);
  ASSERT_TRUE(read->has_value());
  EXPECT_EQ((*read)->execution_id, "r/load/1");
  EXPECT_EQ((*read)->result.metrics().at("rows"), 144);
  ASSERT_EQ((*read)->result.outputs_size(), 1);
  EXPECT_EQ((*read)->result.outputs(0).SerializeAsString(),
            outputs->front().SerializeAsString());
}

TEST_F(ArtifactStoreTest, ADamagedManifestIsDataLoss) {
  ASSERT_OK(Begin()->Publish(Manifest()));
  files_->PutFile("runs/r/load/1/manifest.json", "{\"format_version\": 1");
  EXPECT_THAT(store_.ReadManifest(kPrefix),
              StatusIs(absl::StatusCode::kDataLoss,
                       HasSubstr("pvc://artifacts/runs/r/load/1/manifest")));
}

}  // namespace
}  // namespace stagecoach
