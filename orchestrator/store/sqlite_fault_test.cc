// The SQLite store when the disk fails: call after call, until a body meets no
// fault any more.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/store/fault_vfs.h"
#include "orchestrator/store/sqlite_store.h"
#include "orchestrator/store/store_test_support.h"
#include "services/common/base/status_matchers.h"
#include "sqlite3.h"

namespace stagecoach {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct DiskFault {
  std::string name;
  int code = 0;
  FaultVfs::Fault lasting = FaultVfs::Fault::kOnce;
  absl::StatusCode expected = absl::StatusCode::kOk;
};

std::ostream& operator<<(std::ostream& out, const DiskFault& fault) {
  return out << fault.name;
}

class SqliteFaultTest : public testing::TestWithParam<DiskFault> {
 protected:
  // Puts the faults under the store before the first connection is opened.
  FaultVfs& disk_ = FaultVfs::Install();
};

INSTANTIATE_TEST_SUITE_P(
    Faults, SqliteFaultTest,
    testing::ValuesIn(std::vector<DiskFault>{
        {"FullOnce", SQLITE_FULL, FaultVfs::Fault::kOnce,
         absl::StatusCode::kResourceExhausted},
        {"FullForGood", SQLITE_FULL, FaultVfs::Fault::kForGood,
         absl::StatusCode::kResourceExhausted},
        {"ErrorOnce", SQLITE_IOERR_WRITE, FaultVfs::Fault::kOnce,
         absl::StatusCode::kUnavailable},
        {"ErrorForGood", SQLITE_IOERR_FSYNC, FaultVfs::Fault::kForGood,
         absl::StatusCode::kUnavailable},
    }),
    [](const auto& fault) { return fault.param.name; });

std::unique_ptr<SqliteStore> OpenIn(const std::string& directory) {
  auto store = SqliteStore::Open({.path = directory + "/store.db"});
  EXPECT_OK(store);
  return *std::move(store);
}

// Whether SQLite itself finds nothing wrong with the file.
bool IsIntact(const std::string& directory) {
  auto db = SqliteConnection::Open(
      directory + "/store.db", SqliteConnection::Mode::kRead, absl::Seconds(1));
  EXPECT_OK(db);
  auto rows = (*db)->Query("PRAGMA integrity_check", {});
  EXPECT_OK(rows);
  EXPECT_THAT(rows->Next(), IsOkAndHolds(true));
  return rows->Bytes(0) == "ok";
}

TEST_P(SqliteFaultTest, ACommitIsWholeOrNotAtAllAtEveryFault) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(absl::StrCat("call ", nth));
    const std::string directory = NewTestDirectory();
    std::unique_ptr<SqliteStore> store = OpenIn(directory);
    const v1::Run old = SomeRun("old");
    ASSERT_OK(CommitOne(*store, Insert(old)));

    disk_.FailCall(nth, GetParam().code, GetParam().lasting);
    const std::vector<RunWrite> batch = {Insert(SomeRun("new")),
                                         Update(old, v1::RUN_STATE_RUNNING)};
    const std::vector<absl::Status> statuses = store->Commit(batch);
    const bool failed = disk_.Heal();

    if (!failed) {
      EXPECT_THAT(statuses, ElementsAre(IsOk(), IsOk()));
      break;
    }
    EXPECT_THAT(statuses, Each(StatusIs(GetParam().expected)));
    EXPECT_EQ(store->GetRun("old")->state(), v1::RUN_STATE_PENDING);
    EXPECT_THAT(store->GetRun("new"), StatusIs(absl::StatusCode::kNotFound));
    // It goes on as if nothing had been, also with a new process.
    EXPECT_THAT(store->Commit(batch), ElementsAre(IsOk(), IsOk()));
    store.reset();
    store = OpenIn(directory);
    EXPECT_EQ(store->GetRun("old")->state(), v1::RUN_STATE_RUNNING);
    EXPECT_THAT(store->ListEvents("old", 0, 10), IsOkAndHolds(SizeIs(2)));
    EXPECT_OK(store->GetRun("new"));
    EXPECT_TRUE(IsIntact(directory));
  }
}

TEST_P(SqliteFaultTest, OpeningFailsClearlyAndWorksOnceTheDiskDoes) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(absl::StrCat("call ", nth));
    const std::string directory = NewTestDirectory();
    disk_.FailCall(nth, GetParam().code, GetParam().lasting);
    const absl::Status opened =
        SqliteStore::Open({.path = directory + "/store.db"}).status();
    const bool failed = disk_.Heal();
    if (!failed) {
      EXPECT_OK(opened);
      break;
    }
    // Closing what had been opened so far may have met the fault unharmed.
    if (!opened.ok()) {
      EXPECT_THAT(opened, StatusIs(GetParam().expected));
    }
    EXPECT_OK(CommitOne(*OpenIn(directory), Insert(SomeRun("airline-1"))));
    EXPECT_TRUE(IsIntact(directory));
  }
}

TEST(SqliteDurabilityTest, NothingOfACommitIsLeftUnsynced) {
  FaultVfs& disk = FaultVfs::Install();
  const std::string directory = NewTestDirectory();
  std::unique_ptr<SqliteStore> store = OpenIn(directory);
  for (int i = 0; i < 10; ++i) {
    ASSERT_OK(CommitOne(*store, Insert(SomeRun(absl::StrCat("run-", i)))));
    EXPECT_THAT(disk.UnsyncedFiles(), IsEmpty());
  }
}

}  // namespace
}  // namespace stagecoach
