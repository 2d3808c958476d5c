// The SQLite store when its process is killed in the middle of commits.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/store/sqlite_store.h"
#include "orchestrator/store/store_test_support.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::AnyOf;
using ::testing::SizeIs;

constexpr int kRunsPerBatch = 5;

std::string RunId(int batch, int run) {
  return absl::StrCat("run-", batch, "-", run);
}

// Commits batch after batch until it is killed: the runs of each are inserted
// with one commit and succeed with another. Writes a byte into `acknowledged`
// after every commit.
[[noreturn]] void CommitForEver(const std::string& path, int acknowledged) {
  auto store = SqliteStore::Open({.path = path});
  if (!store.ok()) _exit(1);
  for (int batch = 0;; ++batch) {
    std::vector<RunWrite> inserts;
    std::vector<RunWrite> ends;
    for (int i = 0; i < kRunsPerBatch; ++i) {
      const v1::Run run = SomeRun(RunId(batch, i), batch);
      inserts.push_back(Insert(run));
      ends.push_back(Update(run, v1::RUN_STATE_SUCCEEDED));
      ends.back().steps.push_back({0, SucceededStep(run, "load")});
    }
    for (const std::vector<RunWrite>& writes : {inserts, ends}) {
      for (const absl::Status& status : (*store)->Commit(writes)) {
        if (!status.ok()) _exit(2);
      }
      if (write(acknowledged, "x", 1) != 1) _exit(3);
    }
  }
}

// Runs CommitForEver in a process of its own and kills it as soon as `commits`
// have been acknowledged. Returns how many were in the end.
int CommitAndKill(const std::string& path, int commits) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) CommitForEver(path, ends[1]);
  close(ends[1]);
  int acknowledged = 0;
  char byte;
  while (read(ends[0], &byte, 1) == 1) {
    if (++acknowledged == commits) kill(child, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "ended by itself: " << status;
  return acknowledged;
}

void ExpectWhole(const v1::Run& run, v1::RunState state, SqliteStore& store) {
  EXPECT_EQ(run.state(), state);
  EXPECT_THAT(run.steps(), SizeIs(2));
  const bool succeeded = state == v1::RUN_STATE_SUCCEEDED;
  EXPECT_EQ(run.steps(0).state(),
            succeeded ? v1::STEP_STATE_SUCCEEDED : v1::STEP_STATE_PENDING);
  EXPECT_THAT(store.ListEvents(run.id(), 0, 10),
              IsOkAndHolds(SizeIs(succeeded ? 2 : 1)));
  EXPECT_EQ(store.FindArtifact(OutputUri(run.id(), "load")).ok(), succeeded);
}

// The state that the runs of `batch` have: the same for all, and at least what
// was acknowledged.
void ExpectBatch(int batch, int acknowledged, SqliteStore& store) {
  const bool inserted = acknowledged > 2 * batch;
  const bool ended = acknowledged > 2 * batch + 1;
  const absl::StatusOr<v1::Run> first = store.GetRun(RunId(batch, 0));
  if (!inserted && absl::IsNotFound(first.status())) return;
  ASSERT_OK(first);
  EXPECT_THAT(first->state(),
              AnyOf(v1::RUN_STATE_SUCCEEDED,
                    ended ? v1::RUN_STATE_SUCCEEDED : v1::RUN_STATE_PENDING));
  for (int i = 0; i < kRunsPerBatch; ++i) {
    const absl::StatusOr<v1::Run> run = store.GetRun(RunId(batch, i));
    ASSERT_OK(run);
    ExpectWhole(*run, first->state(), store);
  }
}

TEST(SqliteCrashTest, WhatWasAcknowledgedIsThereAfterAKill) {
  for (const int commits : {1, 2, 3, 4, 7, 10, 15, 20, 31, 40}) {
    SCOPED_TRACE(absl::StrCat("killed after ", commits));
    const std::string path = NewTestDirectory() + "/store.db";
    const int acknowledged = CommitAndKill(path, commits);
    ASSERT_GE(acknowledged, commits);
    const auto store = SqliteStore::Open({.path = path});
    ASSERT_OK(store);
    // One batch more than was acknowledged: it may be there, if it is whole.
    for (int batch = 0; batch <= acknowledged / 2 + 1; ++batch) {
      ExpectBatch(batch, acknowledged, **store);
    }
  }
}

}  // namespace
}  // namespace stagecoach
