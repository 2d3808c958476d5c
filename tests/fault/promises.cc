#include "tests/fault/promises.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/common/base/sha256.h"
#include "services/common/contract/states.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

absl::Time ModificationTime(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return absl::InfinitePast();
  return absl::TimeFromTimespec(info.st_mtim);
}

// By how much the clock of the volume is ahead of the journal's, if it is that
// of a file server; at most that, so that nothing is suspected wrongly: files
// are dated by ticks of some ms or finer, as the kernel pleases, and the time
// after the write is no earlier than either.
absl::Duration Ahead(const std::string& volume) {
  const std::string path = absl::StrCat(volume, "/.clock");
  std::ofstream(path) << "tick";
  const absl::Duration ahead = ModificationTime(path) - absl::Now();
  std::filesystem::remove(path);
  return ahead;
}

}  // namespace

std::string PromiseFigures::ToString() const {
  return absl::StrCat(runs, " runs, ", steps, " steps, ", attempts,
                      " attempts (", lost_attempts, " lost), ", executions,
                      " executions, ", artifacts, " artifacts verified");
}

PromiseChecker::PromiseChecker(std::string volume,
                               const std::vector<JournalEntry>& journal)
    : volume_(std::move(volume)), ahead_(Ahead(volume_)) {
  for (const JournalEntry& entry : journal) {
    executions_[absl::StrCat(entry.id.run, "/", entry.id.step)].push_back(
        entry);
  }
}

void PromiseChecker::Check(const v1::Run& run) {
  SCOPED_TRACE(run.ShortDebugString());
  ++figures_.runs;
  EXPECT_TRUE(IsTerminal(run.state()));
  EXPECT_TRUE(run.has_end_time());
  for (const v1::Step& step : run.steps()) CheckStep(run, step);
}

void PromiseChecker::CheckStep(const v1::Run& run, const v1::Step& step) {
  SCOPED_TRACE(step.name());
  ++figures_.steps;
  EXPECT_TRUE(IsTerminal(step.state()));
  int succeeded = 0;
  for (const v1::Attempt& attempt : step.attempts()) {
    ++figures_.attempts;
    EXPECT_NE(attempt.state(), v1::ATTEMPT_STATE_RUNNING);
    succeeded += attempt.state() == v1::ATTEMPT_STATE_SUCCEEDED ? 1 : 0;
    figures_.lost_attempts += attempt.state() == v1::ATTEMPT_STATE_LOST ? 1 : 0;
  }
  const bool done = step.state() == v1::STEP_STATE_SUCCEEDED;
  EXPECT_EQ(succeeded, done ? 1 : 0);
  if (done && succeeded == 1) {
    EXPECT_EQ(step.attempts().rbegin()->state(), v1::ATTEMPT_STATE_SUCCEEDED);
    CheckOutputs(step);
  }
  CheckExecutions(run, step);
}

void PromiseChecker::CheckOutputs(const v1::Step& step) {
  EXPECT_FALSE(step.outputs().empty());
  for (const v1::Artifact& output : step.outputs()) {
    ++figures_.artifacts;
    const std::string path = absl::StrCat(
        volume_, "/", absl::StripPrefix(output.uri(), "pvc://artifacts/"));
    const std::string content = ReadWholeFile(path);
    EXPECT_EQ(content.size(), output.size_bytes()) << path;
    EXPECT_EQ(Sha256Hex(content), output.sha256()) << path;
  }
}

void PromiseChecker::CheckExecutions(const v1::Run& run, const v1::Step& step) {
  const std::string place = absl::StrCat(run.id(), "/", step.name());
  const int last = step.attempts_size();
  const bool done = step.state() == v1::STEP_STATE_SUCCEEDED;
  const absl::Time published =
      ModificationTime(
          absl::StrCat(volume_, "/runs/", place, "/", last, "/manifest.json")) -
      ahead_;
  bool last_began = false;
  for (const JournalEntry& entry : executions_[place]) {
    ++figures_.executions;
    EXPECT_LE(entry.id.attempt, last) << "an execution that nobody recorded";
    if (entry.id.attempt != last) continue;
    last_began = true;
    EXPECT_TRUE(!done || entry.begin <= published)
        << "executed again at " << entry.begin << ", after it had published at "
        << published;
  }
  EXPECT_TRUE(last_began || !done) << "it succeeded without being executed";
}

}  // namespace stagecoach
