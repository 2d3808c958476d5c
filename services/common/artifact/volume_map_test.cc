#include "services/common/artifact/volume_map.h"

#include <prometheus/registry.h>

#include <filesystem>
#include <string>

#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/ids.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

class VolumeMapTest : public testing::Test {
 protected:
  VolumeMapTest() : folder_(testing::TempDir() + "/volume=" + RandomId(12)) {
    std::filesystem::create_directory(folder_);
  }

  const std::string folder_;  // with an equals sign, as folders may have
  prometheus::Registry registry_;
};

TEST_F(VolumeMapTest, OpensEachFolderUnderItsNameAndCountsItsOperations) {
  const auto volumes =
      OpenVolumes({"artifacts=" + folder_, "data=" + folder_}, registry_);
  ASSERT_OK(volumes);
  const auto files = FindVolume(*volumes, "artifacts");
  ASSERT_OK(files);
  EXPECT_EQ((*files)->volume(), "artifacts");
  EXPECT_OK(WriteWholeFile(**files, "a", "1"));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/a"));
  EXPECT_EQ(MetricValue(registry_, "stagecoach_artifact_io_bytes_total",
                        "op=\"write\""),
            1);
}

TEST_F(VolumeMapTest, RefusesOptionsNamingThem) {
  for (const std::string option : {"artifacts", "artifacts=", "=/tmp"}) {
    EXPECT_THAT(OpenVolumes({option}, registry_),
                StatusIs(StatusCode::kInvalidArgument,
                         HasSubstr("--volume=" + option)));
  }
  EXPECT_THAT(OpenVolumes({"a=" + folder_, "a=" + folder_}, registry_),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("volume a is given twice")));
  EXPECT_THAT(OpenVolumes({"a=" + folder_ + "/none"}, registry_),
              StatusIs(StatusCode::kNotFound, HasSubstr("--volume=a=")));
}

TEST_F(VolumeMapTest, AnUnknownVolumeGetsAHint) {
  const VolumeMap volumes = {
      {"artifacts", std::make_shared<MemoryFileSystem>()}};
  EXPECT_THAT(FindVolume(volumes, "artifact"),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("did you mean \"artifacts\"?")));
  EXPECT_THAT(FindVolume({}, "artifact"),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("this process has none")));
}

}  // namespace
}  // namespace stagecoach
