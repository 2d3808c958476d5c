// A volume that is full: a real file system, a tmpfs.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "tests/fault/promises.h"
#include "tests/testing/cluster.h"
#include "tests/testing/mount_namespace.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

constexpr int64_t kVolumeSize = 1 << 20;

// One step, which is tried once.
constexpr char kOnce[] = R"(
apiVersion: stagecoach/v1
kind: Pipeline
metadata: {name: once}
spec:
  steps:
    - {name: only, stage: recorder, parameters: {word: w}, retry: {maxAttempts: 1}}
)";

// Two steps, the first of which is tried for as long as the test needs to make
// room.
constexpr char kPatient[] = R"(
apiVersion: stagecoach/v1
kind: Pipeline
metadata: {name: patient}
spec:
  steps:
    - name: first
      stage: recorder
      parameters: {word: f}
      retry: {maxAttempts: 100, backoff: 50ms}
    - name: second
      stage: recorder
      parameters: {word: s}
      inputs: {first: steps.first.text}
)";

class FullVolumeTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::Status mounted = EnterMountNamespace();
    if (mounted.ok()) mounted = MountTmpfs(cluster_.volume(), kVolumeSize);
    if (!mounted.ok()) GTEST_SKIP() << mounted;
    mounted_ = true;
    ASSERT_OK(cluster_.Start(
        "recorder", {"--slots=4"},
        {absl::StrCat(kJournalVariable, "=", cluster_.folder(), "/journal")}));
    ASSERT_OK(cluster_.Start("orchestrator"));
    ASSERT_OK(cluster_.Apply(kPatient));
    ASSERT_OK(cluster_.Apply(kOnce));
  }

  void TearDown() override {
    if (mounted_) Unmount(cluster_.volume());
  }

  std::string filler() const { return cluster_.volume() + "/filler"; }

  // Leaves `free` bytes.
  void Fill() {
    std::ofstream file(filler(), std::ios::binary);
    const std::string piece(4096, 'x');
    while (file << piece << std::flush) {
    }
  }

  // Directories that readers take for published ones.
  std::vector<std::string> Published(const std::string& run_id) {
    std::vector<std::string> published;
    std::error_code missing;
    for (const auto& step : std::filesystem::directory_iterator(
             absl::StrCat(cluster_.volume(), "/runs/", run_id), missing)) {
      for (const auto& attempt :
           std::filesystem::directory_iterator(step.path(), missing)) {
        const std::string name = attempt.path().filename();
        if (name[0] != '.' && name != "logs")
          published.push_back(attempt.path());
      }
    }
    return published;
  }

  static v1::RunRequest Request(const std::string& pipeline) {
    v1::RunRequest request;
    request.set_pipeline(pipeline);
    return request;
  }

  TestCluster cluster_;
  bool mounted_ = false;
};

TEST_F(FullVolumeTest, ARunFailsWithTheReasonAndLeavesNothingTorn) {
  Fill();
  const absl::StatusOr<v1::Run> run = cluster_.Execute(Request("once"));
  ASSERT_OK(run);
  EXPECT_EQ(run->state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(run->error().code(),
            static_cast<int>(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(run->error().message(), HasSubstr("ENOSPC"));
  for (const std::string& path : Published(run->id())) {
    ADD_FAILURE() << path << " is visible";
  }
  std::filesystem::remove(filler());
  const absl::StatusOr<v1::Run> next = cluster_.Execute(Request("once"));
  ASSERT_OK(next);
  EXPECT_EQ(next->state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(FullVolumeTest, ARunWaitsForRoomAndGoesOn) {
  Fill();
  const absl::StatusOr<v1::Run> created = cluster_.Create(Request("patient"));
  ASSERT_OK(created);
  ASSERT_OK(cluster_.Watch(created->id(), [](const v1::RunEvent& event) {
    return event.step().state() == v1::STEP_STATE_BACKING_OFF &&
           event.step().step() == "first";
  }));
  std::filesystem::remove(filler());
  ASSERT_OK(
      cluster_.Watch(created->id(), [](const v1::RunEvent&) { return false; }));
  const absl::StatusOr<v1::Run> run = cluster_.Get(created->id());
  ASSERT_OK(run);
  EXPECT_EQ(run->state(), v1::RUN_STATE_SUCCEEDED)
      << run->error().ShortDebugString();
  PromiseChecker checker(cluster_.volume(),
                         ReadJournal(cluster_.folder() + "/journal"));
  checker.Check(*run);
  std::printf("figures: full and emptied again: %s\n",
              checker.figures().ToString().c_str());
}

}  // namespace
}  // namespace stagecoach
