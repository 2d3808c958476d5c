// Orchestrator and stages are killed, or told to stop, at random moments under
// a load of concurrent runs, and started again: every run that was acknowledged
// ends well, once, with whole artifacts, and nothing that was finished is
// executed again.
//
// STAGECOACH_FAULT_KILLS says how often (20), STAGECOACH_FAULT_SEED in which
// order (the same one each time).

#include "tests/fault/load.h"

#include <signal.h>

#include <cstdio>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_matchers.h"
#include "tests/fault/diamond.h"
#include "tests/fault/promises.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

constexpr int kCallers = 8;
// Ends of runs between one kill and the next, at most.
constexpr int kMostEnds = 8;
constexpr const char* kProcesses[] = {"orchestrator", "recorder", "recorder-2",
                                      "recorder-3"};

class LoadTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"recorder", "recorder-2", "recorder-3"}) {
      ASSERT_OK(Start(name));
    }
    ASSERT_OK(Start("orchestrator"));
    ASSERT_OK(cluster_.Apply(kDiamond));
  }

  absl::Status Start(const std::string& name) {
    if (name == "orchestrator") {
      return cluster_.Start(name, {"--log-level=error"});
    }
    return cluster_.Start(
        name, {"--slots=4", "--log-level=error"},
        {absl::StrCat(kJournalVariable, "=", cluster_.folder(), "/journal")});
  }

  std::unique_ptr<Load> MakeLoad() {
    v1::RunRequest request;
    request.set_pipeline("diamond");
    (*request.mutable_parameters())["sleep"].set_number_value(0.02);
    return std::make_unique<Load>(cluster_.endpoints("orchestrator").grpc,
                                  request, kCallers);
  }

  // Signals a process and starts it again. The exit code.
  int StartAgain(const std::string& name, int signal) {
    if (name == "orchestrator") cluster_.Disconnect();
    cluster_.process(name).Signal(signal);
    const absl::StatusOr<int> code = cluster_.process(name).Wait(kPatience);
    EXPECT_OK(code);
    EXPECT_OK(Start(name));
    return code.value_or(-1);
  }

  // Stops the load and holds what was promised against what is there.
  void ExpectNothingLost(Load& load) {
    load.Stop();
    EXPECT_OK(load.fault());
    PromiseChecker checker(cluster_.volume(),
                           ReadJournal(cluster_.folder() + "/journal"));
    const std::map<std::string, std::string> stored =
        RunsByKey(cluster_.orchestrator());
    EXPECT_EQ(stored.size(), load.ended().size());
    for (const v1::Run& seen : load.ended()) {
      const absl::StatusOr<v1::Run> run = cluster_.Get(seen.id());
      ASSERT_OK(run);
      EXPECT_EQ(stored.at(run->idempotency_key()), run->id());
      EXPECT_EQ(run->SerializeAsString().size(),
                seen.SerializeAsString().size())
          << "changed after its end";
      EXPECT_EQ(run->state(), v1::RUN_STATE_SUCCEEDED)
          << run->error().ShortDebugString();
      EXPECT_EQ(run->outputs().at("text").sha256(), Sha256Hex(kDiamondText));
      checker.Check(*run);
      if (HasFailure()) break;
    }
    std::printf(
        "figures: %s\nfigures: %d calls made again; the longest time without "
        "an end of "
        "a run was %s\n",
        checker.figures().ToString().c_str(), load.repeated_calls(),
        absl::FormatDuration(load.longest_pause()).c_str());
  }

  TestCluster cluster_;
};

TEST_F(LoadTest, RandomKillsLoseNoRunAndRepeatNoFinishedStep) {
  const int kills = FromEnvironment("STAGECOACH_FAULT_KILLS", 20);
  std::mt19937 random(FromEnvironment("STAGECOACH_FAULT_SEED", 1));
  const std::unique_ptr<Load> load = MakeLoad();
  const absl::Time start = absl::Now();
  std::map<std::string, int> killed;
  for (int i = 0; i < kills && !HasFailure(); ++i) {
    const std::string victim = kProcesses[random() % std::size(kProcesses)];
    ASSERT_TRUE(load->AwaitEnds(1 + random() % kMostEnds, kPatience))
        << "nothing goes on after kill " << i;
    ++killed[victim];
    EXPECT_EQ(StartAgain(victim, SIGKILL), 128 + SIGKILL);
  }
  std::printf("figures: %d kills in %s:", kills,
              absl::FormatDuration(absl::Now() - start).c_str());
  for (const auto& [name, times] : killed) {
    std::printf(" %s %d", name.c_str(), times);
  }
  std::printf("\n");
  ExpectNothingLost(*load);
}

TEST_F(LoadTest, ProcessesThatAreToldToStopLoseNothing) {
  const std::unique_ptr<Load> load = MakeLoad();
  absl::Duration slowest;
  int told = 0;
  for (int round = 0; round < 2; ++round) {
    for (const char* name : kProcesses) {
      ASSERT_TRUE(load->AwaitEnds(kCallers, kPatience)) << "before " << name;
      const absl::Time start = absl::Now();
      EXPECT_EQ(StartAgain(name, SIGTERM), 0)
          << ReadWholeFile(cluster_.log(name));
      slowest = std::max(slowest, absl::Now() - start);
      ++told;
    }
  }
  std::printf(
      "figures: %d processes told to stop and started again, at most %s each\n",
      told, absl::FormatDuration(slowest).c_str());
  ExpectNothingLost(*load);
}

}  // namespace
}  // namespace stagecoach
