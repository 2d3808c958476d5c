#include "services/common/artifact/digest_writer.h"

#include <prometheus/registry.h>

#include <string>
#include <utility>

#include "services/common/artifact/fault_file_system.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/metrics.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

class DigestWriterTest : public testing::Test {
 protected:
  DigestWriter Create(FileSystem& files) {
    auto file = files.CreateFile("a");
    EXPECT_OK(file);
    return DigestWriter(*std::move(file), metrics_);
  }

  prometheus::Registry registry_;
  ArtifactMetrics metrics_{registry_};
  std::shared_ptr<MemoryFileSystem> files_ =
      std::make_shared<MemoryFileSystem>();
};

TEST_F(DigestWriterTest, DigestsJustWhatItWrites) {
  // Sizes around those of the buffer and of the pieces.
  for (const size_t size : {0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1,
                            5 << 20, 16 << 20, (33 << 20) + 7}) {
    SCOPED_TRACE(size);
    files_ = std::make_shared<MemoryFileSystem>();
    DigestWriter writer = Create(*files_);
    std::string content(size, 'x');
    for (size_t i = 0; i < size; i += 1000)
      content[i] = static_cast<char>(i / 1000);
    ASSERT_OK(writer.Append("head"));
    ASSERT_OK(writer.Append(content));
    ASSERT_OK(writer.Append("tail"));
    const auto digest = writer.Finish();
    ASSERT_OK(digest);
    const std::string expected = "head" + content + "tail";
    EXPECT_TRUE(files_->Content("a") == expected);
    EXPECT_EQ(digest->size_bytes, static_cast<int64_t>(expected.size()));
    EXPECT_EQ(digest->sha256, Sha256Hex(expected));
  }
}

TEST_F(DigestWriterTest, GathersSmallPieces) {
  const auto faulty = MakeFaultFileSystem(files_, {.nth = 3});
  DigestWriter writer = Create(*faulty);  // first call
  for (int i = 0; i < 10'000; ++i) ASSERT_OK(writer.Append("0123456789"));
  EXPECT_OK(writer.Finish());  // one write
  EXPECT_FALSE(faulty->fired());
}

TEST_F(DigestWriterTest, SyncedContentSurvivesAPowerCut) {
  DigestWriter writer = Create(*files_);
  ASSERT_OK(writer.Append("kept"));
  ASSERT_OK(writer.Finish());
  ASSERT_OK(writer.TakeFile()->Sync());
  files_->LosePower(PowerCut::kForgetContent);
  EXPECT_EQ(files_->Content("a"), "kept");
}

TEST_F(DigestWriterTest, ReportsTheFirstFault) {
  const auto faulty = MakeFaultFileSystem(files_, {.nth = 2});
  DigestWriter writer = Create(*faulty);
  EXPECT_THAT(writer.Append(std::string(3 << 20, 'x')),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(DigestWriterTest, ReportsTheFaultOfAThreadThatWrites) {
  const auto faulty = MakeFaultFileSystem(files_, {.nth = 10});
  DigestWriter writer = Create(*faulty);
  EXPECT_THAT(writer.Append(std::string(64 << 20, 'x')),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(faulty->fired());
}

TEST_F(DigestWriterTest, CountsWhatItDigests) {
  DigestWriter writer = Create(*files_);
  ASSERT_OK(writer.Append("12345"));
  ASSERT_OK(writer.Finish());
  EXPECT_EQ(MetricValue(registry_, "stagecoach_artifact_io_bytes_total",
                        "op=\"hash\""),
            5);
  EXPECT_EQ(
      MetricValue(registry_, "stagecoach_artifact_io_seconds", "op=\"hash\""),
      1);
}

}  // namespace
}  // namespace stagecoach
