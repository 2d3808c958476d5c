#include "services/common/artifact/memory_file_system.h"

#include "services/common/artifact/fault_file_system.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(MemoryFileSystemTest, ForgetsContentThatWasNotSynced) {
  MemoryFileSystem files;
  const auto file = files.CreateFile("a");
  ASSERT_OK(file);
  ASSERT_OK((*file)->Append({"synced"}));
  ASSERT_OK((*file)->Sync());
  ASSERT_OK((*file)->Append({" and more"}));
  ASSERT_OK(files.SyncDirectory(""));
  files.LosePower(PowerCut::kForgetAll);
  EXPECT_EQ(files.Content("a"), "synced");
}

TEST(MemoryFileSystemTest, ForgetsNamesThatWereNotSynced) {
  MemoryFileSystem files;
  ASSERT_OK(WriteWholeFile(files, "a", "1"));
  files.LosePower(PowerCut::kForgetAll);
  EXPECT_THAT(files.AllFiles(), IsEmpty());
}

TEST(MemoryFileSystemTest, APathSurvivesOnlyIfEveryPartOfItWasSynced) {
  MemoryFileSystem files;
  ASSERT_OK(CreateDirectories(files, "d/e"));
  ASSERT_OK(WriteWholeFile(files, "d/e/a", "1"));
  ASSERT_OK(files.SyncDirectory("d/e"));
  ASSERT_OK(files.SyncDirectory("d"));
  MemoryFileSystem& kept = files;
  ASSERT_OK(SyncWithParents(kept, "d/e"));
  ASSERT_OK(files.CreateDirectory("f"));
  ASSERT_OK(WriteWholeFile(files, "f/b", "1"));
  ASSERT_OK(files.SyncDirectory("f"));
  files.LosePower(PowerCut::kForgetAll);
  EXPECT_THAT(files.AllFiles(), ElementsAre("d/e/a"));
}

TEST(MemoryFileSystemTest, ARenameIsUndoneUnlessItsDirectoryWasSynced) {
  MemoryFileSystem files;
  files.PutFile("old", "1");
  ASSERT_OK(files.Rename("old", "new"));
  files.LosePower(PowerCut::kForgetAll);
  EXPECT_THAT(files.AllFiles(), ElementsAre("old"));
  ASSERT_OK(files.Rename("old", "new"));
  ASSERT_OK(files.SyncDirectory(""));
  files.LosePower(PowerCut::kForgetAll);
  EXPECT_THAT(files.AllFiles(), ElementsAre("new"));
}

TEST(MemoryFileSystemTest, ADiskMayKeepTheNameAndLoseTheContent) {
  MemoryFileSystem files;
  const auto file = files.CreateFile("a");
  ASSERT_OK(file);
  ASSERT_OK((*file)->Append({"lost"}));
  files.LosePower(PowerCut::kForgetContent);
  EXPECT_EQ(files.Content("a"), "");
}

TEST(FaultFileSystemTest, FailsTheCallThatWasChosenOnceOrForGood) {
  for (const bool for_good : {false, true}) {
    const auto files = MakeFaultFileSystem(std::make_shared<MemoryFileSystem>(),
                                           {.nth = 2, .for_good = for_good});
    EXPECT_OK(files->CreateDirectory("a"));
    EXPECT_FALSE(files->fired());
    EXPECT_THAT(files->CreateDirectory("b"),
                StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_TRUE(files->fired());
    EXPECT_EQ(files->CreateDirectory("c").ok(), !for_good);
  }
}

TEST(FaultFileSystemTest, AFailedCallMayHaveDoneItsWorkOrHalf) {
  for (const bool after_effect : {false, true}) {
    const auto memory = std::make_shared<MemoryFileSystem>();
    const auto files =
        MakeFaultFileSystem(memory, {.nth = 2, .after_effect = after_effect});
    const auto file = files->CreateFile("a");
    ASSERT_OK(file);
    EXPECT_THAT((*file)->Append({"1234"}),
                StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_EQ(memory->Content("a"), after_effect ? "1234" : "12");
  }
}

}  // namespace
}  // namespace stagecoach
