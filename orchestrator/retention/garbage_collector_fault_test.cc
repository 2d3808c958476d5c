// Deletions that are interrupted at every call of the disk, and at every write
// of the store.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/retention/retention_fixture.h"
#include "orchestrator/store/fault_vfs.h"
#include "orchestrator/store/postgres_connection.h"
#include "orchestrator/store/postgres_server.h"
#include "orchestrator/store/postgres_store.h"
#include "orchestrator/store/sqlite_store.h"
#include "services/common/artifact/fault_file_system.h"
#include "sqlite3.h"

namespace stagecoach {
namespace {

using ::testing::IsEmpty;

// Every statement that writes counts, and fails from 0 on.
constexpr char kFailingWrites[] = R"sql(
  CREATE SEQUENCE public.writes MINVALUE -1000000 START -1000000;
  CREATE FUNCTION public.count_write() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('public.writes') >= 0 THEN
        RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full';
      END IF;
      RETURN NULL;
    END $$;
  DO $$
    DECLARE name TEXT;
    BEGIN
      FOR name IN SELECT tablename FROM pg_tables
                  WHERE schemaname = 'stagecoach' LOOP
        EXECUTE format('CREATE TRIGGER count_write AFTER INSERT OR UPDATE'
                       ' OR DELETE ON stagecoach.%I FOR EACH STATEMENT'
                       ' EXECUTE FUNCTION public.count_write()', name);
      END LOOP;
    END $$;
)sql";
constexpr char kCountWrites[] = "SELECT setval('public.writes', $1::BIGINT)";
constexpr int64_t kNever = -1'000'000;

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

TEST_F(GarbageCollectorFaultTest,
       OneThatTheDatabaseInterruptsIsCompletedLater) {
  const auto url = PostgresServer::Shared().NewDatabase();
  ASSERT_OK(url);
  const auto open_store = [&] {
    collector_ = nullptr;
    store_ = nullptr;
    store_ = *PostgresStore::Open({.url = *url});
    Restart(disk_);
  };
  open_store();
  const auto server = PostgresConnection::Open(*url, absl::Seconds(5));
  ASSERT_OK(server);
  ASSERT_OK((*server)->RunScript(kFailingWrites));
  for (int nth = 1;; ++nth) {
    const std::string id = absl::StrCat(nth);
    SCOPED_TRACE(id);
    AddPair(id);
    ASSERT_OK((*server)->Run(kCountWrites, {int64_t{-nth}}));
    Collect(absl::Hours(24), 0).status().IgnoreError();
    const auto count = (*server)->Run("SELECT last_value FROM public.writes");
    ASSERT_OK(count);
    ASSERT_OK((*server)->Run(kCountWrites, {kNever}));
    open_store();
    ExpectCompleted(id);
    if (count->Integer(0, 0) < 0) break;
  }
}

}  // namespace
}  // namespace stagecoach
