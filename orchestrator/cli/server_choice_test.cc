#include "orchestrator/cli/server_choice.h"

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/client/orchestrator_client.h"
#include "orchestrator/cli/cluster/files.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

class ServerChoiceTest : public testing::Test {
 protected:
  ServerChoiceTest()
      : root_(testing::TempDir() + "server-choice-" + RandomId(12)) {
    environment_.working_folder = root_ + "/project/below";
    std::filesystem::create_directories(environment_.working_folder);
  }
  ~ServerChoiceTest() override { std::filesystem::remove_all(root_); }

  void Serve(const std::string& path, const std::string& address) {
    const ClusterFolder folder(path);
    ASSERT_OK(folder.Create());
    ASSERT_OK(WriteEndpointsFile(folder.EndpointsPath(kOrchestratorName),
                                 {7, address, "m:1"}));
  }

  std::string Chosen() {
    const absl::StatusOr<ServerChoice> choice =
        ChooseServer(flags_, environment_);
    return choice.ok() ? choice->address : std::string("none");
  }

  const std::string root_;
  ServerFlags flags_;
  Environment environment_;
};

TEST_F(ServerChoiceTest, FlagsComeBeforeTheEnvironmentAndThatBeforeTheFolder) {
  EXPECT_EQ(Chosen(), "none");
  Serve(root_ + "/project/.stagecoach", "found:1");
  EXPECT_EQ(Chosen(), "found:1");
  Serve(root_ + "/named", "named:1");
  environment_.cluster_folder = root_ + "/named";
  EXPECT_EQ(Chosen(), "named:1");
  environment_.server = "variable:1";
  EXPECT_EQ(Chosen(), "variable:1");
  Serve(root_ + "/flag", "flagged:1");
  flags_.cluster_folder = "../../flag";
  EXPECT_EQ(Chosen(), "flagged:1");
  flags_.server = "flag:1";
  EXPECT_EQ(Chosen(), "flag:1");
}

TEST_F(ServerChoiceTest, AContextOfTheConfigurationComesBeforeAFolderHere) {
  Serve(root_ + "/project/.stagecoach", "found:1");
  Serve(root_ + "/config/laptop", "laptop:1");
  environment_.config_path = root_ + "/config/config.yaml";
  EXPECT_EQ(Chosen(), "found:1");
  ASSERT_OK(WriteFile(environment_.config_path,
                      "current: staging\n"
                      "contexts:\n"
                      "  staging: {server: staging:1}\n"
                      "  laptop: {dir: laptop}\n"));
  EXPECT_EQ(Chosen(), "staging:1");
  environment_.context = "laptop";
  EXPECT_EQ(Chosen(), "laptop:1");
  environment_.server = "variable:1";
  EXPECT_EQ(Chosen(), "variable:1");
  flags_.context = "staging";
  EXPECT_EQ(Chosen(), "staging:1");
}

TEST_F(ServerChoiceTest, AnUnknownContextGetsTheNearestName) {
  environment_.config_path = root_ + "/config.yaml";
  ASSERT_OK(WriteFile(environment_.config_path,
                      "contexts: {staging: {server: staging:1}}"));
  flags_.context = "stagign";
  EXPECT_THAT(ChooseServer(flags_, environment_),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("did you mean \"staging\"?")));
}

TEST_F(ServerChoiceTest, AConfigurationThatIsNamedHasToBeThere) {
  environment_.config_path = root_ + "/none.yaml";
  EXPECT_EQ(Chosen(), "none");
  environment_.config_required = true;
  EXPECT_THAT(ChooseServer(flags_, environment_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.yaml")));
}

TEST_F(ServerChoiceTest, TheAdviceSaysWhereTheAddressCameFrom) {
  Serve(root_ + "/project/.stagecoach", "found:1");
  EXPECT_THAT(ReachAdvice(flags_, environment_),
              HasSubstr("again with 'stagecoach up'"));
  environment_.server = "variable:1";
  EXPECT_THAT(ReachAdvice(flags_, environment_),
              HasSubstr("comes from STAGECOACH_SERVER; is it running?"));
}

TEST_F(ServerChoiceTest, SaysWhatToDoWhereThereIsNoCluster) {
  const absl::Status none = ChooseServer(flags_, environment_).status();
  EXPECT_TRUE(IsNotReachable(none));
  EXPECT_THAT(none.message(), HasSubstr("stagecoach up"));
  ASSERT_OK(ClusterFolder(root_ + "/project/.stagecoach").Create());
  const absl::Status down = ChooseServer(flags_, environment_).status();
  EXPECT_TRUE(IsNotReachable(down));
  EXPECT_THAT(down.message(), HasSubstr("is not running"));
}

TEST_F(ServerChoiceTest, UpWorksHereUnlessThereIsAClusterAlready) {
  EXPECT_EQ(ChooseClusterFolder(flags_, environment_).path(),
            environment_.working_folder + "/.stagecoach");
  ASSERT_OK(ClusterFolder(root_ + "/project/.stagecoach").Create());
  EXPECT_EQ(ChooseClusterFolder(flags_, environment_).path(),
            root_ + "/project/.stagecoach");
  flags_.cluster_folder = "mine";
  EXPECT_EQ(ChooseClusterFolder(flags_, environment_).path(),
            environment_.working_folder + "/mine");
}

}  // namespace
}  // namespace stagecoach
