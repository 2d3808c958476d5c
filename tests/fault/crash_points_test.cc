// The orchestrator is killed at every named point of a run's life, the first
// time that it comes there, the second, and so on until it comes there no more.
// Each time it is started again, the callers go on, and every promise holds.
// STAGECOACH_FAULT_PASSES=1 is content with the first time.

#include <signal.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/engine/crash_point.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_matchers.h"
#include "tests/fault/diamond.h"
#include "tests/fault/promises.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

class CrashPointsTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    const std::string journal = cluster_.folder() + "/journal";
    ASSERT_OK(cluster_.Start("recorder", {"--slots=4", "--log-level=error"},
                             {absl::StrCat(kJournalVariable, "=", journal)}));
    ASSERT_OK(Revive());
    ASSERT_OK(cluster_.Apply(kDiamond));
    cluster_.process("orchestrator").Kill();
  }

  static std::string PointName() {
    return std::string(CrashPointName(static_cast<CrashPoint>(GetParam())));
  }

  // Starts the orchestrator, so that it dies at the point if `armed`. Also if
  // it dies before it serves.
  absl::Status Revive(bool armed = false) {
    std::vector<std::string> environment;
    if (armed) {
      environment.push_back(
          absl::StrCat("STAGECOACH_CRASH_AT=", PointName(), ":", nth_));
    }
    absl::Status started =
        cluster_.Start("orchestrator", {"--log-level=error"}, environment);
    if (started.ok() || !armed) return started;
    return TakeNoteOfCrash() ? Revive() : started;
  }

  // Whether the orchestrator has crashed, or is about to.
  bool TakeNoteOfCrash() {
    const absl::StatusOr<int> code =
        cluster_.process("orchestrator").Wait(absl::Seconds(5) * Slowness());
    if (!code.ok() || *code != 128 + SIGKILL) return false;
    crashed_ = true;
    return true;
  }

  // Calls until it is answered, by this orchestrator or the next.
  template <typename Call>
  auto Insist(const Call& call) -> decltype(call()) {
    auto result = call();
    if (absl::IsUnavailable(StatusOf(result)) && TakeNoteOfCrash()) {
      EXPECT_OK(Revive());
      result = call();
    }
    return result;
  }

  v1::Run Create(const std::string& key, double sleep) {
    v1::RunRequest request;
    request.set_pipeline("diamond");
    request.set_idempotency_key(absl::StrCat(story_, "-", key));
    (*request.mutable_parameters())["sleep"].set_number_value(sleep);
    const auto run = Insist([&] { return cluster_.Create(request); });
    EXPECT_OK(run);
    const auto again = Insist([&] { return cluster_.Create(request); });
    EXPECT_OK(again);
    EXPECT_EQ(run->id(), again->id()) << "one key, one run";
    return *run;
  }

  v1::Run Finish(const v1::Run& run) {
    EXPECT_OK(Insist([&] {
      return cluster_.Watch(run.id(),
                            [](const v1::RunEvent&) { return false; });
    }));
    const auto ended = Insist([&] { return cluster_.Get(run.id()); });
    EXPECT_OK(ended);
    return *ended;
  }

  void AwaitJoin(const v1::Run& run) {
    EXPECT_OK(Insist([&] {
      return cluster_.Watch(run.id(), [](const v1::RunEvent& event) {
        return event.step().step() == "join" &&
               event.step().state() == v1::STEP_STATE_RUNNING;
      });
    }));
  }

  // SIGTERM, and the next orchestrator.
  void Restart(bool armed) {
    Process& process = cluster_.process("orchestrator");
    cluster_.Disconnect();
    process.Signal(SIGTERM);
    const absl::StatusOr<int> code = process.Wait(kPatience);
    ASSERT_OK(code);
    EXPECT_TRUE(*code == 0 || TakeNoteOfCrash()) << *code;
    ASSERT_OK(Revive(armed && !crashed_));
  }

  void ExpectKept(const v1::Run& run, v1::RunState state) {
    EXPECT_EQ(run.state(), state) << run.ShortDebugString();
    PromiseChecker checker(cluster_.volume(),
                           ReadJournal(cluster_.folder() + "/journal"));
    checker.Check(run);
    // No stage has died: no attempt was executed twice. One that was cancelled
    // at once may not have been executed at all.
    EXPECT_LE(checker.figures().executions, checker.figures().attempts);
    EXPECT_EQ(checker.figures().lost_attempts, 0);
    if (state == v1::RUN_STATE_SUCCEEDED) {
      EXPECT_EQ(checker.figures().attempts, 4);
      EXPECT_EQ(checker.figures().executions, 4);
      EXPECT_EQ(run.outputs().at("text").sha256(), Sha256Hex(kDiamondText));
    }
  }

  // Everything that callers do, with the point armed in the first or the second
  // of two orchestrators. Whether it was passed often enough to crash there.
  bool Story(bool second) {
    ++story_;
    crashed_ = false;
    EXPECT_OK(Revive(!second));
    const v1::Run plain = Finish(Create("plain", 0));
    ExpectKept(plain, v1::RUN_STATE_SUCCEEDED);
    const v1::Run cancelled = Create("cancelled", 3600);
    AwaitJoin(cancelled);
    EXPECT_OK(Insist([&] { return cluster_.Cancel(cancelled.id()); }));
    ExpectKept(Finish(cancelled), v1::RUN_STATE_CANCELLED);
    EXPECT_OK(Insist([&] { return cluster_.Delete(cancelled.id()); }));
    EXPECT_THAT(Insist([&] { return cluster_.Get(cancelled.id()); }),
                StatusIs(absl::StatusCode::kNotFound));
    const v1::Run taken_over = Create("taken-over", 0.1);
    AwaitJoin(taken_over);
    Restart(second);
    ExpectKept(Finish(taken_over), v1::RUN_STATE_SUCCEEDED);
    const auto plain_again = Insist([&] { return cluster_.Get(plain.id()); });
    EXPECT_OK(plain_again);
    EXPECT_EQ(plain_again->SerializeAsString().size(),
              plain.SerializeAsString().size());
    cluster_.process("orchestrator").Kill();
    return crashed_;
  }

  TestCluster cluster_;
  int nth_ = 1;
  int story_ = 0;
  bool crashed_ = false;
};

TEST_P(CrashPointsTest, EveryRunEndsOnceWhereverTheOrchestratorIsKilled) {
  const int passes = FromEnvironment("STAGECOACH_FAULT_PASSES", 1000);
  int crashes = 0;
  for (const bool second : {false, true}) {
    for (nth_ = 1; nth_ <= passes; ++nth_) {
      SCOPED_TRACE(
          absl::StrCat(PointName(), ":", nth_, second ? " second" : ""));
      if (!Story(second) || HasFailure()) break;
      ++crashes;
    }
  }
  std::printf(
      "figures: %s: killed there %d times, each time 3 runs ended once\n",
      PointName().c_str(), crashes);
  EXPECT_GT(crashes, 0) << "the point is never passed";
}

std::string NameOf(const testing::TestParamInfo<int>& point) {
  std::string name(CrashPointName(static_cast<CrashPoint>(point.param)));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Every, CrashPointsTest,
                         testing::Range(0, kCrashPoints), NameOf);

}  // namespace
}  // namespace stagecoach
