// What only the SQLite store promises: files, locks, schemas, query plans.

#include "orchestrator/store/sqlite_store.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/store/open_store.h"
#include "orchestrator/store/sqlite_migrations.h"
#include "orchestrator/store/sqlite_schema.h"
#include "orchestrator/store/sqlite_sql.h"
#include "orchestrator/store/store_test_support.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class SqliteStoreTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<SqliteStore>> Open() {
    return SqliteStore::Open({.path = path_});
  }

  // Runs `sql` on the file, as another program would.
  void RunScript(const std::string& sql) {
    auto db = SqliteConnection::Open(path_, SqliteConnection::Mode::kReadWrite,
                                     absl::Seconds(1));
    ASSERT_OK(db);
    ASSERT_OK((*db)->RunScript(sql));
  }

  const std::string directory_ = NewTestDirectory();
  const std::string path_ = directory_ + "/store.db";
};

TEST_F(SqliteStoreTest, KeepsEverythingAcrossReopening) {
  v1::Run run = SomeRun("airline-1");
  run.set_idempotency_key("key");
  {
    const auto store = Open();
    ASSERT_OK(store);
    RunWrite write = Insert(run);
    write.steps[0].step = SucceededStep(run, "load");
    write.reads = {{"pvc://artifacts/x", "load", "source"}};
    ASSERT_OK(CommitOne(**store, write));
    ASSERT_OK((*store)->ApplyPipeline({run.pipeline(), "yaml"}));
  }
  const auto store = Open();
  ASSERT_OK(store);
  *run.mutable_steps(0) = SucceededStep(run, "load");
  EXPECT_THAT((*store)->GetRun("airline-1"), IsOkAndHolds(EqualsProto(run)));
  EXPECT_TRUE((*store)->FindRunByKey("key")->has_value());
  EXPECT_OK((*store)->FindArtifact(OutputUri("airline-1", "load")));
  EXPECT_THAT((*store)->FindArtifactUses("pvc://artifacts/x"),
              IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT((*store)->UnfinishedRuns(), IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ((*store)->GetPipeline("airline", 1)->yaml, "yaml");
  ASSERT_OK(CommitOne(**store, Update(run, v1::RUN_STATE_RUNNING)));
  EXPECT_EQ((*store)->ListEvents("airline-1", 1, 1)->at(0).cursor(), 2);
}

TEST_F(SqliteStoreTest, OneFileServesOneProcessAtATime) {
  auto store = Open();
  ASSERT_OK(store);
  const auto refused =
      StatusIs(absl::StatusCode::kFailedPrecondition,
               AllOf(HasSubstr(path_),
                     HasSubstr(absl::StrCat("in use by process ", getpid()))));
  EXPECT_THAT(Open(), refused);
  const std::string link = directory_ + "/link.db";
  std::filesystem::create_symlink(path_, link);
  EXPECT_THAT(SqliteStore::Open({.path = link}), refused);
  store->reset();
  EXPECT_OK(Open());
}

TEST_F(SqliteStoreTest, RefusesPlacesWhereItCannotBe) {
  EXPECT_THAT(SqliteStore::Open({.path = ""}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(SqliteStore::Open({.path = directory_ + "/no/store.db"}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("there is no directory"),
                             HasSubstr(directory_ + "/no"))));
  EXPECT_THAT(SqliteStore::Open({.path = directory_}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("is not a file")));
}

TEST_F(SqliteStoreTest, RefusesAReadOnlyDirectory) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  std::filesystem::permissions(
      directory_,
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr("cannot write into directory")));
}

TEST_F(SqliteStoreTest, AFileThatIsNoSqliteFileIsDataLossAndStaysAsItIs) {
  const std::string text(8192, 'x');
  std::ofstream(path_) << text;
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(path_)));
  EXPECT_EQ(std::filesystem::file_size(path_), text.size());
}

TEST_F(SqliteStoreTest, ADamagedPageIsDataLoss) {
  {
    const auto store = Open();
    ASSERT_OK(store);
    for (int i = 0; i < 200; ++i) {
      ASSERT_OK(CommitOne(**store, Insert(SomeRun(absl::StrCat("r", i)))));
    }
  }
  {
    // Everything but the first page, which holds the schema.
    const auto size = std::filesystem::file_size(path_);
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 16);
    file << std::string(size - 4096 * 16, '\xff');
  }
  const auto store = Open();
  ASSERT_OK(store);
  RunFilter all;
  all.page_size = 1000;
  EXPECT_THAT((*store)->ListRuns(all),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr(path_)));
}

TEST_F(SqliteStoreTest, RefusesANewerSchema) {
  ASSERT_OK(Open());
  RunScript("PRAGMA user_version = 1000");
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr("has schema version 1000, which a "
                                         "newer program has made")));
}

TEST_F(SqliteStoreTest, RefusesTheFileOfAnotherProgram) {
  RunScript("CREATE TABLE bookmark (url TEXT)");
  EXPECT_THAT(Open(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("is an SQLite file of another program")));
  RunScript("INSERT INTO bookmark VALUES ('still there')");
}

TEST_F(SqliteStoreTest, ReadersBeyondThePoolTakeTurns) {
  const auto store = SqliteStore::Open({.path = path_, .readers = 1});
  ASSERT_OK(store);
  ASSERT_OK(CommitOne(**store, Insert(SomeRun("airline-1"))));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&store] {
      for (int n = 0; n < 50; ++n) EXPECT_OK((*store)->GetRun("airline-1"));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

class MigrationTest : public SqliteStoreTest {
 protected:
  absl::Status MigrateWith(const std::vector<const char*>& migrations) {
    auto db = SqliteConnection::Open(path_, SqliteConnection::Mode::kReadWrite,
                                     absl::Seconds(1));
    return Migrate(**db, migrations);
  }
};

TEST_F(MigrationTest, RunsEachMigrationOnce) {
  const char* const first = "CREATE TABLE t (a); INSERT INTO t VALUES (1)";
  const char* const second = "ALTER TABLE t ADD COLUMN b DEFAULT 2";
  ASSERT_OK(MigrateWith({first}));
  ASSERT_OK(MigrateWith({first}));
  ASSERT_OK(MigrateWith({first, second}));
  ASSERT_OK(MigrateWith({first, second}));
  RunScript("CREATE TABLE check_sum AS SELECT 1 / (SUM(a + b) = 3) FROM t");
}

TEST_F(MigrationTest, AFailedMigrationLeavesNothingBehind) {
  const char* const first = "CREATE TABLE t (a)";
  ASSERT_OK(MigrateWith({first}));
  EXPECT_THAT(MigrateWith({first, "CREATE TABLE u (a)", "nonsense"}),
              StatusIs(absl::StatusCode::kInternal,
                       HasSubstr("migrate to schema version 3")));
  ASSERT_OK(MigrateWith({first, "CREATE TABLE u (b)"}));
  RunScript("INSERT INTO u (b) VALUES (1)");
}

TEST_F(MigrationTest, AStoreOfTheFirstSchemaGoesOnWithEverything) {
  ASSERT_OK(MigrateWith({sql::kMigrations[0]}));
  RunScript(R"sql(
    INSERT INTO specification VALUES (1, 'airline', 1, 'digest', x'');
    INSERT INTO run VALUES (1, 'old-1', 'airline', 2, 7, 4, 0, 1, '', NULL,
                            x'0a056f6c642d31');
    INSERT INTO step VALUES (1 << 32, x'', x'');
  )sql");
  const auto store = Open();
  ASSERT_OK(store);
  const absl::StatusOr<v1::Run> run = (*store)->GetRun("old-1");
  ASSERT_OK(run);
  EXPECT_EQ(run->id(), "old-1");
  ASSERT_OK((*store)->RenewLease("a", absl::Hours(1)));
  EXPECT_THAT((*store)->AcquireRuns("a", 10), IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT((*store)->RecentCachedSteps("load", 1), IsOkAndHolds(SizeIs(0)));
}

// The plan that SQLite makes for `sql`, a line each step.
std::string PlanOf(const std::string& path, const char* sql) {
  const std::string explain = absl::StrCat("EXPLAIN QUERY PLAN ", sql);
  auto db = SqliteConnection::Open(path, SqliteConnection::Mode::kRead,
                                   absl::Seconds(1));
  EXPECT_OK(db);
  auto rows = (*db)->Query(explain.c_str(), {});
  EXPECT_OK(rows);
  std::string plan;
  while (*rows->Next()) absl::StrAppend(&plan, rows->Bytes(3), "\n");
  return plan;
}

// A million runs are listed as fast as ten: by an index that has them in order.
TEST_F(SqliteStoreTest, ListsAreReadInTheOrderOfAnIndex) {
  ASSERT_OK(Open());
  const std::pair<const char*, const char*> queries[] = {
      {sql::kListRuns, "INDEX run_by_time "},
      {sql::kListRunsOfPipeline, "INDEX run_by_pipeline "},
      {sql::kListRunsInState, "INDEX run_by_state "},
      {sql::kListRunsOfPipelineInState, "INDEX run_by_pipeline_and_state "}};
  for (const auto& [query, index] : queries) {
    const std::string plan = PlanOf(path_, query);
    EXPECT_THAT(plan, HasSubstr(index)) << query;
    EXPECT_THAT(plan, Not(HasSubstr("SCAN"))) << query;
    EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE"))) << query;
  }
}

TEST_F(SqliteStoreTest, NothingLooksAtEveryRun) {
  ASSERT_OK(Open());
  for (const char* query :
       {sql::kUnfinishedRuns, sql::kFindRunByKey, sql::kGetRun, sql::kGetSteps,
        sql::kListEvents, sql::kFindArtifact, sql::kFindArtifactUses,
        sql::kFindRunHead, sql::kDeleteSteps, sql::kDeleteEvents,
        sql::kDeleteArtifact, sql::kDeleteArtifactReads,
        sql::kUnfinishedHolders, sql::kFindCachedSteps, sql::kRecentCachedSteps,
        sql::kDeleteCachedStep, sql::kDeleteWishes, sql::kFindOtherReaders,
        sql::kListEndedRuns}) {
    EXPECT_THAT(PlanOf(path_, query), Not(HasSubstr("SCAN"))) << query;
  }
  for (const char* query :
       {sql::kFindCachedSteps, sql::kRecentCachedSteps, sql::kListEndedRuns}) {
    EXPECT_THAT(PlanOf(path_, query), Not(HasSubstr("TEMP B-TREE"))) << query;
  }
}

TEST(OpenStoreTest, KnowsMemoryAndSqlite) {
  EXPECT_OK(OpenStore("memory:"));
  EXPECT_OK(OpenStore(absl::StrCat("sqlite:", NewTestDirectory(), "/a.db")));
}

TEST(OpenStoreTest, RefusesOtherUrlsAndSaysWhatItKnows) {
  for (const char* url : {"", "store.db", "redis://host", "sqlite", "memory"}) {
    EXPECT_THAT(OpenStore(url),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(absl::StrCat("\"", url, "\"")),
                               HasSubstr("sqlite:PATH, postgresql://"))));
  }
  EXPECT_THAT(OpenStore("sqlite:"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace stagecoach
