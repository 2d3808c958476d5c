#include "orchestrator/cli/cluster/local_cluster.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/cluster/fake_machine.h"
#include "orchestrator/cli/testing/fake_interrupt.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LocalClusterTest : public testing::Test {
 protected:
  LocalClusterTest()
      : root_(testing::TempDir() + "local-cluster-" + RandomId(12)),
        folder_(root_ + "/.stagecoach") {
    options_.program_folder = "/programs";
    options_.stages = {"load", "train"};
    options_.pipelines_folder = "/pipelines";
  }
  ~LocalClusterTest() override { std::filesystem::remove_all(root_); }

  // As another call of the program: it knows only what is on disk.
  LocalCluster Cluster() {
    return LocalCluster(folder_, machine_, machine_, interrupt_, clock_,
                        [this](absl::string_view line) {
                          told_.append(line.data(), line.size());
                        });
  }

  // Which servers the last Up had started.
  static std::vector<std::string> Started(
      const absl::StatusOr<UpReport>& report) {
    std::vector<std::string> names;
    for (const ServerReport& server : report.value().servers) {
      if (server.started) names.push_back(server.name);
    }
    return names;
  }

  ProcessSpec SpecOf(const std::string& server) {
    return machine_.processes[machine_.PidOf(server)].spec;
  }

  const std::string root_;
  const ClusterFolder folder_;
  FakeClock clock_;
  FakeInterrupt interrupt_{clock_};
  FakeMachine machine_;
  UpOptions options_;
  std::string told_;
};

TEST_F(LocalClusterTest, UpStartsTheStagesAndThenTheOrchestrator) {
  const absl::StatusOr<UpReport> report = Cluster().Up(options_);
  ASSERT_OK(report);
  EXPECT_THAT(machine_.Running(), ElementsAre("load", "train", "orchestrator"));
  EXPECT_THAT(SpecOf("orchestrator").arguments,
              testing::IsSupersetOf(
                  {"--volume=artifacts=" + root_ + "/.stagecoach/volume",
                   "--store=sqlite:" + root_ + "/.stagecoach/state.db",
                   std::string("--pipelines=/pipelines"),
                   "--stage=load=" + report->servers[0].endpoints.grpc,
                   "--stage=train=" + report->servers[1].endpoints.grpc}));
  EXPECT_EQ(SpecOf("load").program, "/programs/stagecoach-load");
  EXPECT_EQ(report->servers.back().name, "orchestrator");
}

TEST_F(LocalClusterTest, UpAgainStartsNothing) {
  ASSERT_OK(Cluster().Up(options_));
  EXPECT_THAT(Started(Cluster().Up(options_)), IsEmpty());
  EXPECT_EQ(machine_.processes.size(), 3u);
}

TEST_F(LocalClusterTest, UpStartsOnlyWhatHasDied) {
  ASSERT_OK(Cluster().Up(options_));
  const std::string address = FlagOf(SpecOf("orchestrator"), "stage");
  machine_.Crash(machine_.PidOf("orchestrator"));
  const absl::StatusOr<UpReport> report = Cluster().Up(options_);
  EXPECT_THAT(Started(report), ElementsAre("orchestrator"));
  EXPECT_EQ(FlagOf(SpecOf("orchestrator"), "stage"), address);
}

TEST_F(LocalClusterTest, ServersGetTheirPortsAgain) {
  const absl::StatusOr<UpReport> first = Cluster().Up(options_);
  ASSERT_OK(first);
  ASSERT_OK(Cluster().Down({}));
  const absl::StatusOr<UpReport> second = Cluster().Up(options_);
  ASSERT_OK(second);
  for (size_t i = 0; i < first->servers.size(); ++i) {
    EXPECT_EQ(second->servers[i].endpoints.grpc,
              first->servers[i].endpoints.grpc);
    EXPECT_EQ(second->servers[i].endpoints.metrics,
              first->servers[i].endpoints.metrics);
  }
}

TEST_F(LocalClusterTest, TheOrchestratorIsRestartedIfAStageHadToMove) {
  const absl::StatusOr<UpReport> first = Cluster().Up(options_);
  ASSERT_OK(first);
  machine_.taken_ports.insert(PortOf(first->servers[0].endpoints.grpc));
  machine_.Crash(machine_.PidOf("load"));
  EXPECT_THAT(Started(Cluster().Up(options_)),
              ElementsAre("load", "orchestrator"));
  EXPECT_THAT(told_, HasSubstr("restarting the orchestrator"));
}

TEST_F(LocalClusterTest, AFailedUpTellsWhyAndStopsOnlyWhatItHadStarted) {
  ASSERT_OK(Cluster().Up(options_));
  machine_.Crash(machine_.PidOf("train"));
  machine_.Crash(machine_.PidOf("orchestrator"));
  machine_.crashing = {"orchestrator"};
  EXPECT_THAT(Cluster().Up(options_),
              StatusIs(absl::StatusCode::kUnavailable,
                       AllOf(HasSubstr("stagecoach-orchestrator ended (exit "
                                       "code 1); its log "),
                             HasSubstr("ends with\nno room for "
                                       "orchestrator"))));
  EXPECT_THAT(machine_.Running(), ElementsAre("load"));
  EXPECT_THAT(folder_.ServersWithEndpoints(), ElementsAre("load"));
}

TEST_F(LocalClusterTest, UpGivesUpOnAServerThatDoesNotServeInTime) {
  machine_.unhealthy = {"train"};
  EXPECT_THAT(Cluster().Up(options_),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("stagecoach-train does not serve in time")));
  EXPECT_THAT(machine_.Running(), IsEmpty());
  EXPECT_GE(clock_.Elapsed(), options_.timeout);
}

TEST_F(LocalClusterTest, AnInterruptedUpLeavesNothingBehind) {
  machine_.unhealthy = {"train"};
  interrupt_.on_wait = [this] { interrupt_.Request(); };
  EXPECT_THAT(Cluster().Up(options_), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(machine_.Running(), IsEmpty());
}

TEST_F(LocalClusterTest, UpWaitsForAnotherUp) {
  ASSERT_OK(folder_.Create());
  std::optional<FileLock> other = FileLock::Take(folder_.LockPath()).value();
  interrupt_.on_wait = [&other] { other.reset(); };
  EXPECT_OK(Cluster().Up(options_));
  EXPECT_THAT(told_, HasSubstr("waiting for another"));
}

TEST_F(LocalClusterTest, UpDoesNotWaitForAnotherForEver) {
  ASSERT_OK(folder_.Create());
  const FileLock other = FileLock::Take(folder_.LockPath()).value();
  EXPECT_THAT(Cluster().Up(options_), StatusIs(absl::StatusCode::kUnavailable,
                                               HasSubstr(folder_.LockPath())));
}

TEST_F(LocalClusterTest, UpCopiesTheExampleDataButNeverOverIt) {
  options_.data_folder = root_ + "/example";
  ASSERT_OK(CreateFolders(options_.data_folder));
  ASSERT_OK(WriteFile(options_.data_folder + "/a.csv", "example"));
  ASSERT_OK(Cluster().Up(options_));
  const std::string copy = folder_.DefaultVolumePath() + "/data/a.csv";
  EXPECT_THAT(ReadFile(copy), IsOkAndHolds("example"));
  ASSERT_OK(WriteFile(copy, "mine"));
  ASSERT_OK(Cluster().Up(options_));
  EXPECT_THAT(ReadFile(copy), IsOkAndHolds("mine"));
}

TEST_F(LocalClusterTest, ARunningClusterKeepsItsVolume) {
  options_.volume_path = root_ + "/one";
  ASSERT_OK(Cluster().Up(options_));
  options_.volume_path = root_ + "/two";
  EXPECT_THAT(Cluster().Up(options_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("stagecoach down")));
  ASSERT_OK(Cluster().Down({}));
  ASSERT_OK(Cluster().Up(options_));
  options_.volume_path = "";
  const absl::StatusOr<UpReport> report = Cluster().Up(options_);
  ASSERT_OK(report);
  EXPECT_EQ(report->volume_path, root_ + "/two");
}

TEST_F(LocalClusterTest, DownStopsTheOrchestratorBeforeTheStages) {
  ASSERT_OK(Cluster().Up(options_));
  const absl::StatusOr<std::vector<ServerReport>> stopped = Cluster().Down({});
  ASSERT_OK(stopped);
  EXPECT_EQ(stopped->size(), 3u);
  EXPECT_THAT(machine_.signals,
              ElementsAre("TERM orchestrator", "TERM load", "TERM train"));
  EXPECT_THAT(machine_.Running(), IsEmpty());
  EXPECT_THAT(folder_.ServersWithEndpoints(), IsEmpty());
}

TEST_F(LocalClusterTest, DownKillsWhatDoesNotStop) {
  ASSERT_OK(Cluster().Up(options_));
  machine_.stubborn = {"train"};
  const absl::StatusOr<std::vector<ServerReport>> stopped = Cluster().Down({});
  ASSERT_OK(stopped);
  EXPECT_THAT(machine_.signals, ElementsAre("TERM orchestrator", "TERM load",
                                            "TERM train", "KILL train"));
  EXPECT_FALSE((*stopped)[1].killed);
  EXPECT_TRUE((*stopped)[2].killed);
}

TEST_F(LocalClusterTest, DownNeverTouchesAStranger) {
  ASSERT_OK(Cluster().Up(options_));
  const int64_t pid = machine_.PidOf("train");
  // The server has died, and its number belongs to another cluster's.
  machine_.processes[pid].spec.arguments = {"--endpoints-file=/elsewhere"};
  ASSERT_OK(Cluster().Down({}));
  EXPECT_THAT(machine_.signals, ElementsAre("TERM orchestrator", "TERM load"));
  EXPECT_TRUE(machine_.processes[pid].running);
}

TEST_F(LocalClusterTest, DownWithNothingRunningIsFine) {
  const absl::StatusOr<std::vector<ServerReport>> stopped = Cluster().Down({});
  ASSERT_OK(stopped);
  EXPECT_THAT(*stopped, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(folder_.path()));
}

}  // namespace
}  // namespace stagecoach
