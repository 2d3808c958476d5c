#include "services/common/artifact/artifact_upload.h"

#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/fault_file_system.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kLimit = 1000;
constexpr absl::string_view kBytes = "month,passengers\n1949-01,112\n";

v1::UploadHeader Header(absl::string_view file_name = "mine.csv") {
  v1::UploadHeader header;
  header.set_volume("artifacts");
  header.set_file_name(std::string(file_name));
  return header;
}

absl::StatusOr<v1::Artifact> Upload(ArtifactStore& store,
                                    const v1::UploadHeader& header,
                                    const std::vector<std::string>& pieces) {
  absl::StatusOr<std::unique_ptr<ArtifactUpload>> upload =
      store.BeginUpload(header, kLimit);
  absl::Status status = upload.status();
  for (const std::string& piece : pieces) {
    if (status.ok()) status = (*upload)->Append(piece);
  }
  if (status.ok()) status = (*upload)->Finish();
  if (!status.ok()) return status;
  return (*upload)->Publish();
}

class ArtifactUploadTest : public testing::Test {
 protected:
  absl::StatusOr<v1::Artifact> Send(const v1::UploadHeader& header,
                                    const std::vector<std::string>& pieces) {
    return Upload(store_, header, pieces);
  }

  prometheus::Registry registry_;
  std::shared_ptr<MemoryFileSystem> files_ =
      std::make_shared<MemoryFileSystem>();
  ArtifactStore store_{VolumeMap{{"artifacts", files_}}, registry_};
};

TEST_F(ArtifactUploadTest, TheFileLiesUnderItsDigestAndItsOwnName) {
  const auto artifact = Send(Header(), {"month,passengers\n", "1949-01,112\n"});
  ASSERT_OK(artifact);
  const std::string sha256 = Sha256Hex(kBytes);
  EXPECT_EQ(artifact->sha256(), sha256);
  EXPECT_EQ(artifact->size_bytes(), static_cast<int64_t>(kBytes.size()));
  EXPECT_EQ(artifact->type(), v1::ARTIFACT_TYPE_TABLE);
  EXPECT_EQ(artifact->uri(),
            "pvc://artifacts/uploads/" + sha256.substr(0, 16) + "/mine.csv");
  EXPECT_THAT(files_->AllFiles(),
              ElementsAre("uploads/" + sha256.substr(0, 16) + "/mine.csv"));
  EXPECT_OK(store_.Open(*artifact));
}

TEST_F(ArtifactUploadTest, TheSameBytesAgainHaveTheSameUri) {
  const auto first = Send(Header(), {std::string(kBytes)});
  const auto second = Send(Header(), {std::string(kBytes)});
  ASSERT_OK(first);
  ASSERT_OK(second);
  EXPECT_EQ(first->uri(), second->uri());
  EXPECT_EQ(files_->AllFiles().size(), 1u);
}

TEST_F(ArtifactUploadTest, AnotherNameIsAnotherFile) {
  ASSERT_OK(Send(Header(), {std::string(kBytes)}));
  ASSERT_OK(Send(Header("other.csv"), {std::string(kBytes)}));
  EXPECT_EQ(files_->AllFiles().size(), 2u);
}

TEST_F(ArtifactUploadTest, NeverWritesOverAFileThatSomebodyChanged) {
  const auto artifact = Send(Header(), {std::string(kBytes)});
  ASSERT_OK(artifact);
  const std::string path = files_->AllFiles().front();
  files_->PutFile(path, "changed");
  EXPECT_THAT(Send(Header(), {std::string(kBytes)}),
              StatusIs(StatusCode::kDataLoss, HasSubstr(artifact->uri())));
  EXPECT_EQ(files_->Content(path), "changed");
}

TEST_F(ArtifactUploadTest, AnUploadThatBreaksOffLeavesNothing) {
  auto upload = store_.BeginUpload(Header(), kLimit);
  ASSERT_OK(upload);
  ASSERT_OK((*upload)->Append(kBytes));
  ASSERT_OK((*upload)->Finish());
  upload->reset();
  EXPECT_THAT(files_->AllFiles(), IsEmpty());
}

TEST_F(ArtifactUploadTest, BytesThatAreNotThosePromisedAreRefused) {
  v1::UploadHeader header = Header();
  header.set_size_bytes(10);
  EXPECT_THAT(Send(header, {"123456789"}),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("9 bytes came, but size_bytes promises 10")));
  EXPECT_THAT(Send(header, {"12345678901"}),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("more bytes came than the 10")));
  header.set_sha256(Sha256Hex("1234567890"));
  EXPECT_THAT(
      Send(header, {"1234567899"}),
      StatusIs(StatusCode::kInvalidArgument, HasSubstr("but sha256 promises")));
  EXPECT_THAT(files_->AllFiles(), IsEmpty());
  EXPECT_OK(Send(header, {"1234567890"}));
}

TEST_F(ArtifactUploadTest, TheLimitHoldsWithAndWithoutAPromise) {
  v1::UploadHeader header = Header();
  EXPECT_THAT(Send(header, {std::string(kLimit, 'x'), "x"}),
              StatusIs(StatusCode::kResourceExhausted, HasSubstr("1000")));
  header.set_size_bytes(kLimit + 1);
  EXPECT_THAT(Send(header, {}), StatusIs(StatusCode::kResourceExhausted));
  header.set_size_bytes(kLimit);
  EXPECT_OK(Send(header, {std::string(kLimit, 'x')}));
}

TEST_F(ArtifactUploadTest, MalformedHeadersAreRefusedWithTheField) {
  for (const char* name :
       {"", ".", "..", "../a.csv", "a/b.csv", ".hidden", "-rf", "größe.csv"}) {
    EXPECT_THAT(Send(Header(name), {}),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("file_name")));
  }
  v1::UploadHeader header = Header();
  header.set_size_bytes(-1);
  EXPECT_THAT(Send(header, {}), StatusIs(StatusCode::kInvalidArgument,
                                         HasSubstr("size_bytes is -1")));
  header = Header();
  header.set_sha256("ABC");
  EXPECT_THAT(Send(header, {}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("sha256")));
}

TEST_F(ArtifactUploadTest, AnEmptyFileAndOneOfNoKnownTypeAreTaken) {
  const auto artifact = Send(Header("_raw.parquet"), {});
  ASSERT_OK(artifact);
  EXPECT_EQ(artifact->size_bytes(), 0);
  EXPECT_EQ(artifact->type(), v1::ARTIFACT_TYPE_FILE);
}

TEST(ArtifactUploadFaultTest, AppearsWholeAndLastingOrNotAtAllAtEveryFault) {
  for (const PowerCut cut : {PowerCut::kForgetAll, PowerCut::kForgetContent}) {
    for (const bool after_effect : {false, true}) {
      for (int nth = 1;; ++nth) {
        SCOPED_TRACE(nth);
        const auto files = std::make_shared<MemoryFileSystem>();
        const auto faulty = MakeFaultFileSystem(
            files, {.nth = nth, .after_effect = after_effect});
        prometheus::Registry registry;
        ArtifactStore store(VolumeMap{{"artifacts", faulty}}, registry);
        const auto artifact = Upload(store, Header(), {std::string(kBytes)});
        files->LosePower(cut);
        bool found = false;
        for (const std::string& path : files->AllFiles()) {
          if (LastSegment(path) != "mine.csv") continue;
          found = true;
          EXPECT_EQ(files->Content(path), kBytes);
        }
        EXPECT_TRUE(found || !artifact.ok());
        if (!faulty->fired()) {
          EXPECT_GT(nth, 8);  // fewer: the test has lost its subject
          break;
        }
      }
    }
  }
}

}  // namespace
}  // namespace stagecoach
