// Several orchestrators on one PostgreSQL: one is killed, one stands still for
// longer than its lease, and nothing is lost or done twice; and what holds for
// all runs of a pipeline holds over all of them.

#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/contract/proto_time.h"
#include "tests/fault/members.h"

namespace stagecoach {
namespace {

constexpr int kSlots = 64;

class SeveralOrchestratorsTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<Members>> members = Members::Start(kSlots);
    ASSERT_OK(members);
    members_ = *std::move(members);
  }

  void AddMembers(int count) {
    for (int i = 0; i < count; ++i) ASSERT_OK(members_->Add());
  }

  // Creates `count` runs, one orchestrator after the other; their ids.
  std::vector<std::string> CreateRuns(int count, int members,
                                      absl::Duration sleep,
                                      const std::string& pipeline = "naps") {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) {
      const absl::StatusOr<v1::Run> run = members_->Create(
          i % members, sleep, absl::StrCat("key-", i), pipeline);
      EXPECT_OK(run);
      if (run.ok()) ids.push_back(run->id());
    }
    return ids;
  }

  // That each run has ended well, by one attempt that counts for each step,
  // and that the stage has started nothing twice. Prints it in figures.
  void ExpectDoneOnce(int member, const std::vector<std::string>& ids) {
    int taken_over = 0;
    int attempts = 0;
    for (const std::string& id : ids) {
      EXPECT_OK(members_->Await(member, id));
      const absl::StatusOr<v1::Run> run = members_->Get(member, id);
      ASSERT_OK(run);
      EXPECT_EQ(run->state(), v1::RUN_STATE_SUCCEEDED)
          << run->error().message();
      taken_over += run->lease_epoch() > 0 ? 1 : 0;
      for (const v1::Step& step : run->steps()) {
        int succeeded = 0;
        for (const v1::Attempt& attempt : step.attempts()) {
          ++attempts;
          if (attempt.state() == v1::ATTEMPT_STATE_SUCCEEDED) ++succeeded;
        }
        EXPECT_EQ(succeeded, 1) << id << "/" << step.name();
      }
    }
    int executions = 0;
    for (const auto& [id, started] : members_->Executions()) {
      EXPECT_EQ(started, 1) << id;
      executions += started;
    }
    EXPECT_LE(executions, attempts);
    std::printf(
        "figures: %zu runs ended, %d of them taken over; %d attempts, "
        "%d executions started\n",
        ids.size(), taken_over, attempts, executions);
  }

  // That no two of these runs were under way at once. Prints how soon one
  // followed the other.
  void ExpectOneAtATime(int member, const std::vector<std::string>& ids) {
    std::vector<std::pair<absl::Time, absl::Time>> runs;
    for (const std::string& id : ids) {
      const absl::StatusOr<v1::Run> run = members_->Get(member, id);
      ASSERT_OK(run);
      runs.emplace_back(FromTimestamp(run->start_time()),
                        FromTimestamp(run->end_time()));
    }
    std::sort(runs.begin(), runs.end());
    std::vector<absl::Duration> gaps;
    for (size_t i = 1; i < runs.size(); ++i) {
      gaps.push_back(runs[i].first - runs[i - 1].second);
      EXPECT_GE(gaps.back(), absl::ZeroDuration());
    }
    std::sort(gaps.begin(), gaps.end());
    std::printf(
        "figures: %zu runs one at a time; from the end of one to the start of "
        "the next %.1f ms (median), %.1f ms (longest)\n",
        runs.size(), absl::ToDoubleMilliseconds(gaps[gaps.size() / 2]),
        absl::ToDoubleMilliseconds(gaps.back()));
  }

  std::unique_ptr<Members> members_;
};

TEST_F(SeveralOrchestratorsTest,
       OneOfTwoThatStandsStillPastItsLeaseDoesNoHarm) {
  AddMembers(2);
  const std::vector<std::string> ids =
      CreateRuns(40, 2, absl::Milliseconds(500));
  members_->process(0).Signal(SIGSTOP);
  // The other one ends all of them, also those that were not its own.
  for (const std::string& id : ids) EXPECT_OK(members_->Await(1, id));
  members_->process(0).Signal(SIGCONT);
  ExpectDoneOnce(1, ids);
  // It serves again, under a new lease.
  const absl::StatusOr<v1::Run> run =
      members_->Create(0, absl::ZeroDuration(), "after");
  ASSERT_OK(run);
  EXPECT_OK(members_->Await(0, run->id()));
}

TEST_F(SeveralOrchestratorsTest, OneOfThreeThatStandsStillAndOneThatIsKilled) {
  AddMembers(3);
  const std::vector<std::string> ids =
      CreateRuns(60, 3, absl::Milliseconds(500));
  members_->process(0).Signal(SIGSTOP);
  members_->process(1).Kill();
  for (const std::string& id : ids) EXPECT_OK(members_->Await(2, id));
  members_->process(0).Signal(SIGCONT);
  ExpectDoneOnce(2, ids);
}

TEST_F(SeveralOrchestratorsTest, OneThatStopsHandsItsRunsOverAtOnce) {
  AddMembers(2);
  const std::vector<std::string> ids =
      CreateRuns(20, 2, absl::Milliseconds(300));
  members_->process(0).Signal(SIGTERM);
  EXPECT_THAT(members_->process(0).Wait(absl::Seconds(20)), IsOkAndHolds(0));
  ExpectDoneOnce(1, ids);
}

TEST_F(SeveralOrchestratorsTest, OneKeyAtTwoOfThemMakesOneRun) {
  AddMembers(2);
  constexpr int kCallers = 64;
  std::vector<std::string> ids(kCallers);
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([this, i, &ids] {
      const absl::StatusOr<v1::Run> run =
          members_->Create(i % 2, absl::ZeroDuration(), "one-key");
      EXPECT_OK(run);
      if (run.ok()) ids[i] = run->id();
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 1u);
  EXPECT_THAT(members_->List(0), IsOkAndHolds(testing::SizeIs(1)));
  std::printf("figures: %d calls with one key made %zu run\n", kCallers,
              members_->List(1)->size());
}

TEST_F(SeveralOrchestratorsTest, AnyOfThemAnswersForARun) {
  AddMembers(2);
  const absl::StatusOr<v1::Run> run =
      members_->Create(0, absl::Seconds(60), "long");
  ASSERT_OK(run);
  EXPECT_OK(members_->Watch(1, run->id(), [](const v1::RunEvent& event) {
    return event.step().state() == v1::STEP_STATE_RUNNING;
  }));
  EXPECT_EQ(members_->Get(1, run->id())->state(), v1::RUN_STATE_RUNNING);
  EXPECT_OK(members_->Cancel(1, run->id()));
  EXPECT_OK(members_->Await(1, run->id()));
  EXPECT_EQ(members_->Get(0, run->id())->state(), v1::RUN_STATE_CANCELLED);
}

TEST_F(SeveralOrchestratorsTest, ALimitOfOneRunHoldsOverTwoOfThem) {
  AddMembers(2);
  const std::vector<std::string> ids =
      CreateRuns(40, 2, absl::Milliseconds(10), "single-naps");
  ExpectDoneOnce(0, ids);
  ExpectOneAtATime(0, ids);
}

TEST_F(SeveralOrchestratorsTest, ALimitHoldsAndNothingWaitsWhenOneIsKilled) {
  AddMembers(2);
  const std::vector<std::string> ids =
      CreateRuns(20, 2, absl::Milliseconds(100), "single-naps");
  members_->process(0).Kill();
  ExpectDoneOnce(1, ids);
  ExpectOneAtATime(1, ids);
}

TEST_F(SeveralOrchestratorsTest, EqualStepsAreDoneOnceOverTwoOfThem) {
  AddMembers(2);
  const std::vector<std::string> ids =
      CreateRuns(20, 2, absl::Milliseconds(500), "shared-naps");
  std::map<v1::CacheOutcome, int> outcomes;
  for (const std::string& id : ids) {
    EXPECT_OK(members_->Await(0, id));
    const absl::StatusOr<v1::Run> run = members_->Get(0, id);
    ASSERT_OK(run);
    EXPECT_EQ(run->state(), v1::RUN_STATE_SUCCEEDED) << run->error().message();
    for (const v1::Step& step : run->steps())
      ++outcomes[step.cache().outcome()];
  }
  const size_t executions = members_->Executions().size();
  EXPECT_EQ(executions, 1u);
  std::printf(
      "figures: %zu runs of two equal steps: %zu executions, %d joined, %d "
      "taken over\n",
      ids.size(), executions, outcomes[v1::CACHE_OUTCOME_JOINED],
      outcomes[v1::CACHE_OUTCOME_HIT]);
}

TEST_F(SeveralOrchestratorsTest, WorkOfOneThatIsKilledIsWaitedForAndNotDone) {
  AddMembers(2);
  const std::vector<std::string> ids =
      CreateRuns(10, 2, absl::Seconds(8), "shared-naps");
  ASSERT_OK(members_->Watch(0, ids[0], [](const v1::RunEvent& event) {
    return event.step().state() == v1::STEP_STATE_RUNNING;
  }));
  members_->process(0).Kill();
  for (const std::string& id : ids) EXPECT_OK(members_->Await(1, id));
  EXPECT_EQ(members_->Executions().size(), 1u);
}

}  // namespace
}  // namespace stagecoach
