#include "orchestrator/cli/cluster/cluster_folder.h"

#include <filesystem>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/cluster/files.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ClusterFolderTest : public testing::Test {
 protected:
  ClusterFolderTest()
      : root_(testing::TempDir() + "cluster-folder-" + RandomId(12)),
        folder_(root_ + "/.stagecoach") {
    EXPECT_OK(folder_.Create());
  }
  ~ClusterFolderTest() override { std::filesystem::remove_all(root_); }

  const std::string root_;
  const ClusterFolder folder_;
};

TEST_F(ClusterFolderTest, SettingsAreReadAsTheyWereWritten) {
  ClusterSettings settings;
  settings.volume_path = "/mnt/artifacts";
  settings.ports["load"] = {4000, 4001};
  ASSERT_OK(folder_.WriteSettings(settings));
  const absl::StatusOr<ClusterSettings> read = folder_.ReadSettings();
  ASSERT_OK(read);
  EXPECT_EQ(read->volume_path, "/mnt/artifacts");
  EXPECT_EQ(read->ports.at("load").grpc, 4000);
  EXPECT_EQ(read->ports.at("load").metrics, 4001);
}

TEST_F(ClusterFolderTest, SettingsAreEmptyBeforeTheFirstUp) {
  const absl::StatusOr<ClusterSettings> settings = folder_.ReadSettings();
  ASSERT_OK(settings);
  EXPECT_EQ(settings->volume_path, "");
}

TEST_F(ClusterFolderTest, SettingsThatMakeNoSenseAreAnErrorNamingTheFile) {
  ASSERT_OK(WriteFile(folder_.path() + "/cluster.json", "{"));
  EXPECT_THAT(folder_.ReadSettings(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("cluster.json")));
  ASSERT_OK(WriteFile(folder_.path() + "/cluster.json",
                      R"({"volume_path": 3, "ports": {"load": 7}})"));
  const absl::StatusOr<ClusterSettings> settings = folder_.ReadSettings();
  ASSERT_OK(settings);
  EXPECT_EQ(settings->volume_path, "");
  EXPECT_TRUE(settings->ports.empty());
}

TEST_F(ClusterFolderTest, ListsTheOrchestratorBeforeTheStages) {
  for (const char* name : {"train", "orchestrator", "load"}) {
    ASSERT_OK(WriteEndpointsFile(folder_.EndpointsPath(name),
                                 {7, "127.0.0.1:1", "127.0.0.1:2"}));
  }
  EXPECT_THAT(folder_.ServersWithEndpoints(),
              ElementsAre("orchestrator", "load", "train"));
  folder_.RemoveEndpoints("orchestrator");
  EXPECT_THAT(folder_.ServersWithEndpoints(), ElementsAre("load", "train"));
  EXPECT_THAT(folder_.ReadEndpoints("orchestrator"),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ClusterFolderTest, IsFoundFromAnyFolderBelow) {
  ASSERT_OK(CreateFolders(root_ + "/a/b"));
  const std::optional<ClusterFolder> found = FindClusterFolder(root_ + "/a/b");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->path(), folder_.path());
}

TEST_F(ClusterFolderTest, TheNearestOneIsFound) {
  ASSERT_OK(CreateFolders(root_ + "/a/.stagecoach"));
  const std::optional<ClusterFolder> found = FindClusterFolder(root_ + "/a");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->path(), root_ + "/a/.stagecoach");
}

TEST(PortOfTest, ReadsWhatFollowsTheLastColon) {
  EXPECT_EQ(PortOf("127.0.0.1:4000"), 4000);
  EXPECT_EQ(PortOf("[::1]:65535"), 65535);
  EXPECT_EQ(PortOf("host"), 0);
  EXPECT_EQ(PortOf("host:0"), 0);
  EXPECT_EQ(PortOf("host:99999"), 0);
  EXPECT_EQ(PortOf("host:x"), 0);
}

}  // namespace
}  // namespace stagecoach
