#include "orchestrator/retention/garbage_collector.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/retention/retention_fixture.h"
#include "services/common/base/metrics.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GarbageCollectorTest : public RetentionFixture {};

TEST_F(GarbageCollectorTest, WhatThePolicyDoesNotKeepGoesWithItsFolder) {
  AddEnded("old", absl::Hours(50));
  AddEnded("young", absl::Hours(1));
  const auto collected = Collect(absl::Hours(24), 0);
  ASSERT_OK(collected);
  EXPECT_THAT(Names(collected->deleted()), ElementsAre("old"));
  EXPECT_EQ(collected->deleted(0).size_bytes(), 1234);
  EXPECT_THAT(collected->kept(), IsEmpty());
  EXPECT_EQ(collected->freed_bytes(), 1234 + 2 + 8) << "also log and manifest";
  EXPECT_FALSE(RecordIsThere("old"));
  EXPECT_FALSE(FolderIsThere("old"));
  EXPECT_TRUE(RecordIsThere("young"));
  EXPECT_TRUE(FolderIsThere("young"));
  EXPECT_THAT(store_->PendingDeletions(), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(MetricValue(registry_, "stagecoach_gc_deleted_runs_total"), 1);
  EXPECT_EQ(MetricValue(registry_, "stagecoach_gc_deleted_bytes_total"), 1244);
}

TEST_F(GarbageCollectorTest, ADryRunSaysWhatHappensAndDeletesNothing) {
  AddEnded("base", absl::Hours(60));
  AddEnded("old", absl::Hours(50));
  AddEnded("young", absl::Hours(1), {OutputUri("base", "load")});
  disk_->PutFile("runs/gone/train/.staging-x/w", "123");
  const auto foretold = Collect(absl::Hours(24), 0, /*dry_run=*/true);
  ASSERT_OK(foretold);
  EXPECT_TRUE(FolderIsThere("old"));
  EXPECT_TRUE(RecordIsThere("old"));
  EXPECT_TRUE(FolderIsThere("gone"));
  const auto collected = Collect(absl::Hours(24), 0);
  ASSERT_OK(collected);
  EXPECT_THAT(*collected, EqualsProto(*foretold));
  EXPECT_THAT(Names(collected->deleted()), ElementsAre("old"));
  EXPECT_THAT(Names(collected->kept()),
              ElementsAre("base: run young needs it"));
  EXPECT_THAT(collected->orphans(), ElementsAre("pvc://artifacts/runs/gone"));
  EXPECT_FALSE(FolderIsThere("old"));
  EXPECT_FALSE(FolderIsThere("gone"));
}

TEST_F(GarbageCollectorTest, WhatARunUnderWayNeedsStays) {
  AddEnded("base", absl::Hours(50));
  RunWrite write = Insert(SomeRun("running"));
  // What a run was given, before any step has read it.
  write.reads = {{OutputUri("base", "load"), "", ""}};
  ASSERT_OK(CommitOne(*store_, write));
  const auto collected = Collect(absl::Hours(24), 0);
  ASSERT_OK(collected);
  EXPECT_THAT(Names(collected->kept()),
              ElementsAre("base: run running needs it"));
  EXPECT_TRUE(FolderIsThere("base"));
}

TEST_F(GarbageCollectorTest, APinKeepsARunAndWhatItWasMadeFrom) {
  AddEnded("base", absl::Hours(60));
  AddEnded("pinned", absl::Hours(50), {OutputUri("base", "load")});
  ASSERT_OK(store_->SetPinned(OutputUri("pinned", "load"), true));
  EXPECT_THAT(Names(Collect(absl::Hours(24), 0)->kept()),
              ElementsAre("base: run pinned needs it",
                          HasSubstr("pinned: pvc://artifacts/runs/pinned/")));
  ASSERT_OK(store_->SetPinned(OutputUri("pinned", "load"), false));
  EXPECT_THAT(Names(Collect(absl::Hours(24), 0)->deleted()),
              ElementsAre("base", "pinned"));
}

TEST_F(GarbageCollectorTest, RunsThatNeedEachOtherGoTogether) {
  AddEnded("r0", absl::Hours(50));
  // More than one commit's worth, each needing the one before.
  for (int i = 1; i < 40; ++i) {
    AddEnded(absl::StrCat("r", i), absl::Hours(50),
             {OutputUri(absl::StrCat("r", i - 1), "load")});
  }
  const auto collected = Collect(absl::Hours(24), 0);
  ASSERT_OK(collected);
  EXPECT_EQ(collected->deleted_size(), 40);
  EXPECT_EQ(collected->deleted(0).run_id(), "r0") << "oldest first";
  EXPECT_THAT(disk_->AllFiles(), IsEmpty());
}

TEST_F(GarbageCollectorTest, OnlyRunsOfThePipelineThatIsNamedGo) {
  AddEnded("old", absl::Hours(50));
  disk_->PutFile("runs/gone/train/.staging-x/w", "123");
  EXPECT_THAT(Collect(absl::Hours(1), 0, false, "other")->deleted(), IsEmpty());
  const auto collected = Collect(absl::Hours(1), 0, false, "airline");
  EXPECT_THAT(Names(collected->deleted()), ElementsAre("old"));
  EXPECT_THAT(collected->orphans(), IsEmpty());
}

TEST_F(GarbageCollectorTest, UploadsGoWhenTheyAreOldAndNothingUsesThem) {
  disk_->PutFile("uploads/0123/used.csv", "1");
  disk_->PutFile("uploads/4567/default.csv", "1");
  disk_->PutFile("uploads/89ab/nobody.csv", "1");
  v1::Run run = SomeRun("run");
  (*run.mutable_inputs())["source"].set_uri(
      "pvc://artifacts/uploads/0123/used.csv");
  ASSERT_OK(CommitOne(*store_, Insert(run)));
  StoredPipeline pipeline;
  pipeline.pipeline.set_name("p");
  pipeline.pipeline.add_inputs()->set_default_uri(
      "pvc://artifacts/uploads/4567/default.csv");
  ASSERT_OK(store_->ApplyPipeline(pipeline));
  EXPECT_THAT(Collect(absl::ZeroDuration(), 1)->orphans(), IsEmpty())
      << "without a rule on age";
  EXPECT_THAT(Collect(absl::Hours(1), 0)->orphans(),
              ElementsAre("pvc://artifacts/uploads/89ab"));
  EXPECT_THAT(disk_->AllFiles(),
              ElementsAre("uploads/0123/used.csv", "uploads/4567/default.csv"));
}

TEST_F(GarbageCollectorTest, ARunStaysWhileItsVolumeDoesNotAnswer) {
  AddEnded("old", absl::Hours(50));
  volume_ = absl::UnavailableError("volume 'artifacts' does not answer");
  const auto collected = Collect(absl::Hours(1), 0);
  ASSERT_OK(collected);
  EXPECT_THAT(Names(collected->kept()),
              ElementsAre("old: volume 'artifacts' does not answer"));
  EXPECT_TRUE(RecordIsThere("old"));
  volume_ = absl::OkStatus();
  EXPECT_THAT(Names(Collect(absl::Hours(1), 0)->deleted()), ElementsAre("old"));
}

}  // namespace
}  // namespace stagecoach
