#include "orchestrator/store/wal_gathering.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/store/fault_vfs.h"
#include "orchestrator/store/sqlite_connection.h"
#include "orchestrator/store/store_test_support.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/status_matchers.h"
#include "sqlite3.h"

namespace stagecoach {
namespace {

constexpr char kInsert[] = "INSERT INTO pages VALUES (?1)";
constexpr char kCount[] = "SELECT count(*) FROM pages WHERE bytes = ?1";
constexpr char kCheck[] = "PRAGMA integrity_check";

class WalGatheringTest : public testing::Test {
 protected:
  WalGatheringTest() {
    EXPECT_OK(writer_->RunScript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE pages (bytes BLOB)"));
    EXPECT_OK(Insert(*writer_, 1));
  }

  std::unique_ptr<SqliteConnection> Open(SqliteConnection::Mode mode) const {
    auto db = SqliteConnection::Open(directory_ + "/pages.db", mode,
                                     absl::Seconds(1));
    EXPECT_OK(db);
    return *std::move(db);
  }

  // As many pages in one transaction.
  absl::Status Insert(SqliteConnection& db, int pages) const {
    return db.InWriteTransaction([&] { return InsertAlso(db, pages); });
  }

  absl::Status InsertAlso(SqliteConnection& db, int pages) const {
    for (int i = 0; i < pages; ++i) {
      SC_RETURN_IF_ERROR(db.Run(kInsert, {SqliteBlob{page_}}));
    }
    return absl::OkStatus();
  }

  // The pages that are there and whole.
  int64_t Count(SqliteConnection& db) const {
    auto rows = db.Query(kCount, {SqliteBlob{page_}});
    EXPECT_OK(rows);
    EXPECT_THAT(rows->Next(), IsOkAndHolds(true));
    return rows->Integer(0);
  }

  // The pages that another connection sees, to which the database is intact.
  int64_t CountElsewhere() const {
    const auto reader = Open(SqliteConnection::Mode::kRead);
    auto rows = reader->Query(kCheck, {});
    EXPECT_OK(rows);
    EXPECT_THAT(rows->Next(), IsOkAndHolds(true));
    EXPECT_EQ(rows->Bytes(0), "ok");
    return Count(*reader);
  }

  const std::string page_ = std::string(3'000, 'x');
  const std::string directory_ = NewTestDirectory();
  FaultVfs& disk_ = FaultVfs::Install();  // before the layer that is tested
  std::unique_ptr<SqliteConnection> writer_ =
      Open(SqliteConnection::Mode::kReadWrite);
};

TEST_F(WalGatheringTest, ACommitIsOneWriteAndOneSync) {
  disk_.FailCall(3, SQLITE_FULL, FaultVfs::Fault::kForGood);
  EXPECT_OK(Insert(*writer_, 10));
  EXPECT_FALSE(disk_.Heal());
  EXPECT_EQ(CountElsewhere(), 11);
}

TEST_F(WalGatheringTest, ACommitOfMoreThanIsGatheredIsWhole) {
  EXPECT_OK(Insert(*writer_, 1'000));
  EXPECT_EQ(CountElsewhere(), 1'001);
}

TEST_F(WalGatheringTest, ATransactionReadsBackWhatItPutIntoTheLog) {
  ASSERT_OK(writer_->RunScript("PRAGMA cache_size = 10"));
  EXPECT_THAT(writer_->InWriteTransaction([&]() -> absl::Status {
    EXPECT_OK(InsertAlso(*writer_, 200));
    EXPECT_EQ(Count(*writer_), 201);
    return absl::AbortedError("as planned");
  }),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(Count(*writer_), 1);
  EXPECT_OK(Insert(*writer_, 5));
  EXPECT_EQ(CountElsewhere(), 6);
}

TEST_F(WalGatheringTest, AWriteThatFailsFailsTheCommitAndNoLaterOne) {
  disk_.FailCall(1, SQLITE_FULL, FaultVfs::Fault::kOnce);
  EXPECT_THAT(Insert(*writer_, 50),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(disk_.Heal());
  EXPECT_EQ(Count(*writer_), 1);
  EXPECT_OK(Insert(*writer_, 7));
  EXPECT_EQ(CountElsewhere(), 8);
}

TEST_F(WalGatheringTest, WhatWasCommittedIsThereWhenTheConnectionIsClosed) {
  EXPECT_OK(Insert(*writer_, 50));
  writer_ = nullptr;
  EXPECT_EQ(CountElsewhere(), 51);
}

}  // namespace
}  // namespace stagecoach
