// What only a real file server shows; on demand, by nfs.sh.
//
// STAGECOACH_TEST_OUTAGE is a command of the shell that stops the server of
// STAGECOACH_TEST_VOLUMES and starts it again some seconds later; it may return
// before that. STAGECOACH_TEST_OTHER_MOUNT is a second mount of the same folder
// that shares no cache with the first (`nosharecache`), in place of a second
// machine.

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/artifact/posix_file_system.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_matchers.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

// A training is to be longer than what comes between the command and its
// effect.
constexpr absl::Duration kLongEnough = absl::Seconds(10);
constexpr int kTrain = 2;  // position of the step

using Moment = std::function<bool(const v1::RunEvent&)>;

Moment Begins(const std::string& step) {
  return [step](const v1::RunEvent& event) {
    return event.step().step() == step &&
           event.step().state() == v1::STEP_STATE_RUNNING;
  };
}

Moment HasTrained(double fraction) {
  return [fraction](const v1::RunEvent& event) {
    return event.progress().step() == "train" &&
           event.progress().progress().fraction() >= fraction;
  };
}

class FileServerTest : public testing::Test {
 protected:
  struct Timed {
    v1::Run run;
    absl::Duration time;
  };

  void SetUp() override {
    const char* command = std::getenv("STAGECOACH_TEST_OUTAGE");
    if (command == nullptr) {
      GTEST_SKIP() << "STAGECOACH_TEST_OUTAGE does not say how to stop the "
                      "file server";
    }
    outage_ = command;
    ASSERT_OK(cluster_.StartAll());
  }

  // Runs the reference pipeline; the server stops at `moment`, if there is one.
  Timed Run(int epochs, const Moment& moment = nullptr) {
    std::optional<Process> outage;
    const auto on_event = [&](const v1::RunEvent& event) {
      if (moment == nullptr || outage.has_value() || !moment(event)) return;
      absl::StatusOr<Process> started =
          Process::Start("/bin/sh", {"-c", outage_}, cluster_.log("outage"));
      ASSERT_OK(started);
      outage = *std::move(started);
    };
    const absl::Time give_up = absl::Now() + kPatience;
    absl::Time start;
    absl::StatusOr<v1::Run> run;
    // Nothing is accepted before everybody knows that the server is back.
    do {
      start = absl::Now();
      run = cluster_.Execute(AirlineRequest(epochs), on_event);
    } while (absl::IsUnavailable(run.status()) && absl::Now() < give_up);
    EXPECT_OK(run);
    EXPECT_EQ(outage.has_value(), moment != nullptr);
    if (outage.has_value()) {
      EXPECT_THAT(outage->Wait(kPatience), IsOkAndHolds(0));
    }
    return {run.value_or(v1::Run()), absl::Now() - start};
  }

  TestCluster cluster_;
  std::string outage_;
};

TEST_F(FileServerTest, RunsOutlastAnOutageAtAnyMomentWithTheSameResult) {
  int epochs = 25;
  Timed straight = Run(epochs);
  while (straight.time < kLongEnough && !HasFailure()) {
    epochs *= 4;
    straight = Run(epochs);
  }
  const std::string weights = straight.run.outputs().at("weights").sha256();
  std::printf("figures: %d epochs with a server that is there: %s\n", epochs,
              absl::FormatDuration(straight.time).c_str());
  const struct {
    const char* name;
    Moment moment;
  } kMoments[] = {{"the first step", Begins("load")},
                  {"training", HasTrained(0.3)},
                  {"the end of training", HasTrained(0.95)}};
  for (const auto& [name, moment] : kMoments) {
    SCOPED_TRACE(name);
    const Timed outlasted = Run(epochs, moment);
    EXPECT_EQ(outlasted.run.state(), v1::RUN_STATE_SUCCEEDED)
        << outlasted.run.ShortDebugString();
    if (HasFailure()) break;
    EXPECT_EQ(outlasted.run.outputs().at("weights").sha256(), weights);
    std::printf(
        "figures: the server stopped in %s: %s, %d attempts at training, the "
        "same weights\n",
        name, absl::FormatDuration(outlasted.time).c_str(),
        outlasted.run.steps(kTrain).attempts_size());
  }
}

// Machines that share a volume: what one publishes, the others look up.
TEST(OtherMountTest, WhatWasMissingIsSeenAsSoonAsAnotherMachineHasMadeIt) {
  const char* mounts[] = {std::getenv("STAGECOACH_TEST_VOLUMES"),
                          std::getenv("STAGECOACH_TEST_OTHER_MOUNT")};
  if (mounts[0] == nullptr || mounts[1] == nullptr) {
    GTEST_SKIP() << "STAGECOACH_TEST_OTHER_MOUNT names no second mount";
  }
  const auto here = OpenPosixFileSystem("artifacts", mounts[0]);
  const auto there = OpenPosixFileSystem("artifacts", mounts[1]);
  ASSERT_OK(here);
  ASSERT_OK(there);
  const std::string folder = absl::StrCat("seen-", RandomId(12));
  ASSERT_OK((*there)->CreateDirectory(folder));
  for (const char* name : {"/a/b/c", "/a/b/d", "/e"}) {
    const std::string path = folder + name;
    ASSERT_THAT((*here)->OpenFile(path), StatusIs(absl::StatusCode::kNotFound));
    ASSERT_OK(CreateDirectories(**there, ParentPath(path)));
    ASSERT_OK(WriteWholeFile(**there, path, name));
    EXPECT_THAT(ReadWholeFile(**here, path, 100), IsOkAndHolds(name));
  }
  EXPECT_OK((*there)->RemoveTree(folder));
}

}  // namespace
}  // namespace stagecoach
