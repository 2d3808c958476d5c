// Deletions that are interrupted at every call of the disk, and at every write
// of the store.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/retention/retention_fixture.h"
#include "orchestrator/store/fault_vfs.h"
#include "orchestrator/store/sqlite_store.h"
#include "services/common/artifact/fault_file_system.h"
#include "sqlite3.h"

namespace stagecoach {
namespace {

using ::testing::IsEmpty;

class GarbageCollectorFaultTest : public RetentionFixture {
 protected:
  // One that goes and one that stays.
  void AddPair(const std::string& id) {
    AddEnded(absl::StrCat("old-", id), absl::Hours(50));
    AddEnded(absl::StrCat("kept-", id), absl::Hours(1));
  }

  // What was interrupted is completed by the next collection.
  void ExpectCompleted(const std::string& id) {
    const std::string old = absl::StrCat("old-", id);
    // A run whose record is there is whole.
    if (RecordIsThere(old)) {
      EXPECT_EQ(CountFiles(old), 3);
    }
    EXPECT_EQ(CountFiles(absl::StrCat("kept-", id)), 3);
    ASSERT_OK(Collect(absl::Hours(24), 0));
    EXPECT_FALSE(RecordIsThere(old));
    EXPECT_FALSE(FolderIsThere(old));
    EXPECT_EQ(CountFiles(absl::StrCat("kept-", id)), 3);
    EXPECT_THAT(store_->PendingDeletions(), IsOkAndHolds(IsEmpty()));
    // The next one begins with nothing, so that it makes as many calls.
    ASSERT_OK(Collect(absl::Minutes(30), 0));
    EXPECT_THAT(disk_->AllFiles(), IsEmpty());
  }
};

TEST_F(GarbageCollectorFaultTest, OneThatTheDiskInterruptsIsCompletedLater) {
  for (const bool for_good : {false, true}) {
    for (const bool after_effect : {false, true}) {
      for (int nth = 1;; ++nth) {
        const std::string id = absl::StrCat(for_good, after_effect, "-", nth);
        SCOPED_TRACE(id);
        AddPair(id);
        const auto faulty = MakeFaultFileSystem(
            disk_,
            {.nth = nth, .for_good = for_good, .after_effect = after_effect});
        Restart(faulty);
        Collect(absl::Hours(24), 0).status().IgnoreError();
        disk_->LosePower(PowerCut::kForgetAll);
        Restart(disk_);
        ExpectCompleted(id);
        if (!faulty->fired()) break;
      }
    }
  }
}

TEST_F(GarbageCollectorFaultTest, OneThatTheStoreInterruptsIsCompletedLater) {
  FaultVfs& vfs = FaultVfs::Install();
  const std::string directory = NewTestDirectory();
  const auto open_store = [&] {
    collector_ = nullptr;
    store_ = nullptr;
    store_ = *SqliteStore::Open({.path = directory + "/store.db"});
    Restart(disk_);
  };
  open_store();
  for (int nth = 1;; ++nth) {
    const std::string id = absl::StrCat(nth);
    SCOPED_TRACE(id);
    AddPair(id);
    vfs.FailCall(nth, SQLITE_IOERR_WRITE, FaultVfs::Fault::kForGood);
    Collect(absl::Hours(24), 0).status().IgnoreError();
    const bool failed = vfs.Heal();
    open_store();
    ExpectCompleted(id);
    if (!failed) break;
  }
}

}  // namespace
}  // namespace stagecoach
