#include "orchestrator/retention/leftovers.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// The memory file system's clock stands in the year 1970.
const absl::Time kAllIsOld = absl::FromUnixSeconds(1'700'000'000);
const absl::Time kAllIsYoung = absl::UnixEpoch();

std::vector<std::string> Paths(
    const absl::StatusOr<std::vector<Leftover>>& found) {
  EXPECT_OK(found);
  std::vector<std::string> paths;
  if (!found.ok()) return paths;
  for (const Leftover& leftover : *found) paths.push_back(leftover.path);
  return paths;
}

class LeftoversTest : public testing::Test {
 protected:
  LeftoversTest() {
    files_.PutFile("runs/done/load/1/manifest.json", "{}");
    files_.PutFile("runs/done/load/1/train.safetensors", "1234");
    files_.PutFile("runs/done/load/.staging-a/train.safetensors", "12");
    files_.PutFile("runs/done/train/checkpoint/.staging-b", "123");
    files_.PutFile("runs/done/train/checkpoint/000000000001.safetensors", "1");
    files_.PutFile("runs/going/load/.staging-c/train.safetensors", "1");
    files_.PutFile("runs/unknown/train/logs/1.log", "12345");
    files_.PutFile("runs/elsewhere/load/1/manifest.json", "{}");
    files_.PutFile("uploads/.staging-d", "1");
    files_.PutFile("uploads/0123/mine.csv", "a\n");
    files_.PutFile("uploads/4567/mine.csv", "b\n");
    files_.PutFile("data/.staging-of-the-user", "1");
    files_.PutFile(".probe-e", "probe\n");
    files_.PutFile("data/airline.csv", "1");
  }

  MemoryFileSystem files_;
  const KnownRuns runs_ = {.ended = {"done"}, .passed_over = {"going"}};
};

TEST_F(LeftoversTest, FindsWhatKilledWritersHaveLeft) {
  const auto found = FindLeftovers(files_, runs_, kAllIsOld);
  EXPECT_THAT(
      Paths(found),
      UnorderedElementsAre("runs/done/load/.staging-a",
                           "runs/done/train/checkpoint/.staging-b",
                           "runs/unknown", "uploads/.staging-d", ".probe-e"));
  for (const Leftover& leftover : *found) {
    if (leftover.path == "runs/unknown") {
      EXPECT_EQ(leftover.size_bytes, 5);
    }
    EXPECT_OK(Remove(files_, leftover));
    EXPECT_OK(Remove(files_, leftover)) << "twice is no error";
  }
  EXPECT_THAT(files_.AllFiles(),
              UnorderedElementsAre(
                  "data/.staging-of-the-user", "data/airline.csv",
                  "runs/done/load/1/manifest.json",
                  "runs/done/load/1/train.safetensors",
                  "runs/done/train/checkpoint/000000000001.safetensors",
                  "runs/elsewhere/load/1/manifest.json",
                  "runs/going/load/.staging-c/train.safetensors",
                  "uploads/0123/mine.csv", "uploads/4567/mine.csv"));
}

TEST_F(LeftoversTest, WhatIsYoungMayStillBeWritten) {
  EXPECT_THAT(Paths(FindLeftovers(files_, runs_, kAllIsYoung)), IsEmpty());
  EXPECT_THAT(Paths(FindUnusedUploads(files_, {}, kAllIsYoung)), IsEmpty());
}

TEST_F(LeftoversTest, AFolderIsAsYoungAsItsYoungestFile) {
  const auto before = LookInto(files_, "runs/unknown");
  ASSERT_OK(before);
  files_.PutFile("runs/unknown/train/logs/2.log", "1");
  EXPECT_THAT(
      Paths(FindLeftovers(files_, runs_, before->newest + absl::Seconds(1))),
      testing::Not(testing::Contains("runs/unknown")));
}

TEST_F(LeftoversTest, AnUploadStaysWhileSomethingUsesIt) {
  EXPECT_THAT(
      Paths(FindUnusedUploads(files_, {"pvc://artifacts/uploads/0123/mine.csv"},
                              kAllIsOld)),
      ElementsAre("uploads/4567"));
  EXPECT_THAT(Paths(FindUnusedUploads(
                  files_, {"pvc://other/uploads/0123/mine.csv"}, kAllIsOld)),
              ElementsAre("uploads/0123", "uploads/4567"));
}

TEST_F(LeftoversTest, AVolumeWithoutRunsHasNone) {
  MemoryFileSystem empty;
  EXPECT_THAT(Paths(FindLeftovers(empty, runs_, kAllIsOld)), IsEmpty());
  EXPECT_THAT(Paths(FindUnusedUploads(empty, {}, kAllIsOld)), IsEmpty());
  EXPECT_THAT(LookInto(empty, "runs/x"), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace stagecoach
