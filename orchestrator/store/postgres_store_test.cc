// What only the PostgreSQL store promises: connections, schemas, several
// orchestrators at once.

#include "orchestrator/store/postgres_store.h"

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/store/open_store.h"
#include "orchestrator/store/postgres_schema.h"
#include "orchestrator/store/postgres_server.h"
#include "orchestrator/store/store_test_support.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class PostgresStoreTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<PostgresStore>> Open() {
    return PostgresStore::Open({.url = url_});
  }

  // Runs `sql` on the database, as another program would.
  void RunScript(const std::string& sql) {
    auto db = PostgresConnection::Open(url_, absl::Seconds(5));
    ASSERT_OK(db);
    ASSERT_OK((*db)->RunScript(sql));
  }

  const std::string url_ = *PostgresServer::Shared().EmptiedDatabase();
};

TEST_F(PostgresStoreTest, KeepsEverythingAcrossReopening) {
  const v1::Run run = SomeRun("airline-1");
  {
    const auto store = Open();
    ASSERT_OK(store);
    ASSERT_OK(CommitOne(**store, Insert(run)));
    ASSERT_OK((*store)->ApplyPipeline({run.pipeline(), "yaml"}));
  }
  const auto store = Open();
  ASSERT_OK(store);
  EXPECT_THAT((*store)->GetRun("airline-1"), IsOkAndHolds(EqualsProto(run)));
  EXPECT_EQ((*store)->GetPipeline("airline", 1)->yaml, "yaml");
}

TEST_F(PostgresStoreTest, SaysWhatIsWrongWithTheWayToTheServer) {
  const std::string missing = PostgresServer::Shared().Url("nobody_made_it");
  EXPECT_THAT(
      PostgresStore::Open({.url = missing}),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("database \"nobody_made_it\" does not exist")));
  EXPECT_THAT(
      PostgresStore::Open({.url = "postgresql://u:secret@/db?host=/nowhere"}),
      StatusIs(
          absl::StatusCode::kUnavailable,
          AllOf(HasSubstr("Is the server running"), Not(HasSubstr("secret")))));
  EXPECT_THAT(
      PostgresStore::Open({.url = "postgresql://h/db?nonsense=1"}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nonsense")));
  const std::string stranger =
      absl::StrReplaceAll(url_, {{"stagecoach@", "stranger@"}});
  EXPECT_THAT(PostgresStore::Open({.url = stranger}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("\"stranger\" does not exist")));
}

TEST_F(PostgresStoreTest, RefusesANewerSchema) {
  ASSERT_OK(Open());
  RunScript("UPDATE schema_version SET version = 1000");
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr("has schema version 1000, which a "
                                         "newer program has made")));
}

TEST_F(PostgresStoreTest, ManyMayMakeTheSchemaAtOnce) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] { EXPECT_OK(Open()); });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(PostgresStoreTest, RunsEachMigrationOnceAndAllOrNone) {
  auto db = PostgresConnection::Open(url_, absl::Seconds(5));
  ASSERT_OK(db);
  const char* const first = "CREATE TABLE t (a BIGINT)";
  const char* const second = "INSERT INTO t VALUES (1)";
  ASSERT_OK(postgres::Migrate(**db, {first}));
  ASSERT_OK(postgres::Migrate(**db, {first, second}));
  ASSERT_OK(postgres::Migrate(**db, {first, second}));
  EXPECT_THAT(
      postgres::Migrate(
          **db, {first, second, "CREATE TABLE u (a BIGINT)", "nonsense"}),
      StatusIs(absl::StatusCode::kInternal,
               HasSubstr("migrate to schema version 4")));
  ASSERT_OK(
      postgres::Migrate(**db, {first, second, "CREATE TABLE u (b TEXT)"}));
  EXPECT_EQ((*db)->Run("SELECT COUNT(*) FROM t")->Integer(0, 0), 1);
}

TEST_F(PostgresStoreTest, OneKeyMakesOneRunAlsoFromTwoOrchestrators) {
  std::vector<std::unique_ptr<PostgresStore>> stores;
  stores.reserve(2);
  for (int i = 0; i < 2; ++i) stores.push_back(*Open());
  constexpr int kKeys = 25;
  std::vector<std::vector<absl::Status>> answers(stores.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < stores.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int key = 0; key < kKeys; ++key) {
        v1::Run run = SomeRun(absl::StrCat("run-", i, "-", key));
        run.set_idempotency_key(absl::StrCat("key-", key));
        answers[i].push_back(CommitOne(*stores[i], Insert(run)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int key = 0; key < kKeys; ++key) {
    const absl::Status& a = answers[0][key];
    const absl::Status& b = answers[1][key];
    EXPECT_NE(a.ok(), b.ok()) << a << " " << b;
    EXPECT_THAT(a.ok() ? b : a,
                StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("key-")));
  }
}

TEST_F(PostgresStoreTest, EachRunIsAcquiredByOneOfThoseWhoAskAtOnce) {
  constexpr int kRuns = 40;
  std::vector<std::unique_ptr<PostgresStore>> stores;
  stores.reserve(3);
  for (int i = 0; i < 3; ++i) stores.push_back(*Open());
  std::vector<RunWrite> inserts;
  inserts.reserve(kRuns);
  for (int i = 0; i < kRuns; ++i) {
    inserts.push_back(Insert(SomeRun(absl::StrCat("run-", i))));
  }
  for (const absl::Status& status : stores[0]->Commit(inserts)) {
    ASSERT_OK(status);
  }
  std::vector<std::vector<v1::Run>> acquired(stores.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < stores.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string holder = absl::StrCat("holder-", i);
      EXPECT_OK(stores[i]->RenewLease(holder, absl::Hours(1)));
      for (int turn = 0; turn < 10; ++turn) {
        const auto runs = stores[i]->AcquireRuns(holder, 5);
        EXPECT_OK(runs);
        acquired[i].insert(acquired[i].end(), runs->begin(), runs->end());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> ids;
  size_t count = 0;
  for (const std::vector<v1::Run>& runs : acquired) {
    count += runs.size();
    for (const v1::Run& run : runs) ids.insert(run.id());
  }
  EXPECT_EQ(count, ids.size());
  EXPECT_THAT(ids, SizeIs(kRuns));
}

TEST_F(PostgresStoreTest, AHostileValueIsAValue) {
  const auto store = Open();
  ASSERT_OK(store);
  const std::string hostile = "'; DROP TABLE run; --";
  v1::Run run = SomeRun(hostile);
  run.set_idempotency_key(hostile);
  ASSERT_OK(CommitOne(**store, Insert(run)));
  ASSERT_OK((*store)->AddWish(
      {0, hostile, RunWish::Kind::kCancel, std::string("a\0b", 3)}));
  EXPECT_THAT((*store)->GetRun(hostile), IsOkAndHolds(EqualsProto(run)));
  RunFilter filter;
  filter.pipeline = hostile;
  EXPECT_THAT((*store)->ListRuns(filter)->runs, SizeIs(0));
}

// On a server of its own, because it is killed.
TEST(PostgresCrashTest, WhatWasAcknowledgedIsThereAfterAKillAndItGoesOn) {
  auto server = PostgresServer::Start();
  ASSERT_OK(server);
  const auto url = (*server)->NewDatabase();
  ASSERT_OK(url);
  const auto store = PostgresStore::Open({.url = *url});
  ASSERT_OK(store);
  for (int crash = 0; crash < 3; ++crash) {
    for (int i = 0; i < 20; ++i) {
      const v1::Run run = SomeRun(absl::StrCat("run-", crash, "-", i));
      ASSERT_OK(CommitOne(**store, Insert(run)));
    }
    ASSERT_OK((*server)->Crash());
    for (int i = 0; i < 20; ++i) {
      EXPECT_OK((*store)->GetRun(absl::StrCat("run-", crash, "-", i)));
    }
  }
}

TEST(StoreNameTest, ShowsNoPassword) {
  EXPECT_EQ(StoreName("postgresql://me:secret@host:5432/db?password=secret"),
            "postgresql://me@host:5432/db");
  EXPECT_EQ(StoreName("postgresql://me@/db"), "postgresql://me@/db");
  EXPECT_EQ(StoreName("postgresql://host/db"), "postgresql://host/db");
  EXPECT_EQ(StoreName("sqlite:runs.db"), "sqlite:runs.db");
}

}  // namespace
}  // namespace stagecoach
