#include "services/common/artifact/metered_file_system.h"

#include <prometheus/registry.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/fault_file_system.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

class MeteredFileSystemTest : public testing::Test {
 protected:
  std::shared_ptr<FileSystem> Meter(std::shared_ptr<FileSystem> files) {
    return MakeMeteredFileSystem(
        std::move(files), std::make_shared<ArtifactMetrics>(registry_), clock_);
  }

  double Operations(absl::string_view operation) {
    return MetricValue(registry_, "stagecoach_artifact_io_seconds",
                       absl::StrCat("op=\"", operation, "\""));
  }
  double Bytes(absl::string_view operation) {
    return MetricValue(registry_, "stagecoach_artifact_io_bytes_total",
                       absl::StrCat("op=\"", operation, "\""));
  }
  double Errors(absl::string_view operation, absl::string_view reason) {
    return MetricValue(
        registry_, "stagecoach_artifact_io_errors_total",
        absl::StrCat("op=\"", operation, "\",reason=\"", reason, "\""));
  }

  FakeClock clock_;
  prometheus::Registry registry_;
};

TEST_F(MeteredFileSystemTest, CountsEachOperationUnderItsName) {
  const auto files = Meter(std::make_shared<MemoryFileSystem>());
  ASSERT_OK(files->CreateDirectory("d"));
  ASSERT_OK(WriteWholeFile(*files, "d/a", "12345"));
  ASSERT_OK(files->SyncDirectory("d"));
  ASSERT_OK(files->Rename("d/a", "d/b"));
  ASSERT_OK(files->Stat("d/b"));
  ASSERT_OK(files->List("d"));
  const auto file = files->OpenFile("d/b");
  ASSERT_OK(file);
  ASSERT_OK((*file)->Map());
  ASSERT_OK(files->RemoveTree("d"));
  EXPECT_EQ(Operations("create"), 2);
  EXPECT_EQ(Operations("write"), 1);
  EXPECT_EQ(Operations("fsync"), 2);
  EXPECT_EQ(Operations("rename"), 1);
  EXPECT_EQ(Operations("stat"), 1);
  EXPECT_EQ(Operations("list"), 1);
  EXPECT_EQ(Operations("open"), 1);
  EXPECT_EQ(Operations("read"), 1);
  EXPECT_EQ(Operations("remove"), 1);
  EXPECT_EQ(Bytes("write"), 5);
  EXPECT_EQ(Bytes("read"), 5);
}

TEST_F(MeteredFileSystemTest, CountsFaultsOfTheVolumeByReason) {
  const struct {
    int number;
    const char* reason;
  } kCases[] = {{ESTALE, "estale"}, {ENOSPC, "enospc"},     {EDQUOT, "enospc"},
                {EIO, "eio"},       {ETIMEDOUT, "timeout"}, {EACCES, "other"}};
  for (const auto& [number, reason] : kCases) {
    const double before = std::max(Errors("stat", reason), 0.0);
    const auto files = Meter(
        MakeFaultFileSystem(std::make_shared<MemoryFileSystem>(),
                            {.nth = 1, .error = ErrnoStatus(number, "stat")}));
    EXPECT_FALSE(files->Stat("").ok());
    EXPECT_EQ(Errors("stat", reason), before + 1) << number;
  }
}

TEST_F(MeteredFileSystemTest, AnswersThatAreNoFaultAreNotErrors) {
  const auto files = Meter(std::make_shared<MemoryFileSystem>());
  EXPECT_FALSE(files->Stat("none").ok());
  EXPECT_FALSE(files->Stat("../none").ok());
  EXPECT_EQ(Errors("stat", "other"), 0);
  EXPECT_EQ(Operations("stat"), 2);
}

}  // namespace
}  // namespace stagecoach
