// A stage with two replicas: one of them dies, hangs or is told to stop in the
// middle of a training, and the other one goes on with it.

#include <signal.h>

#include <algorithm>
#include <cstdio>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/contract/proto_time.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

constexpr int kTrain = 2;  // position of the step

class ReplicasTest : public testing::Test {
 protected:
  void SetUp() override {
    // A replica that is told to stop gives its work back at once.
    ASSERT_OK(cluster_.Start("train", {"--drain-timeout=0s"}));
    ASSERT_OK(cluster_.Start("train-2", {"--drain-timeout=0s"}));
    for (const char* name : {"load", "prepare", "forecast", "orchestrator"}) {
      ASSERT_OK(cluster_.Start(name));
    }
  }

  // A slow machine needs fewer epochs to train for as long.
  static v1::RunRequest Request(int epochs) {
    v1::RunRequest request =
        AirlineRequest(static_cast<int>(epochs / Slowness()));
    (*request.mutable_parameters())["checkpoint_interval"].set_integer_value(
        50);
    return request;
  }

  // The weights of a training that nobody disturbs.
  std::string StraightWeights(const v1::RunRequest& request) {
    const absl::StatusOr<v1::Run> run = cluster_.Execute(request);
    EXPECT_OK(run);
    return run.ok() ? WeightsOf(*run) : "";
  }

  static std::string WeightsOf(const v1::Run& run) {
    EXPECT_EQ(run.state(), v1::RUN_STATE_SUCCEEDED) << run.error().message();
    const auto found = run.outputs().find("weights");
    return found == run.outputs().end() ? "" : found->second.sha256();
  }

  // The process that does the training of a run.
  std::string TrainerOf(const std::string& run_id) {
    const absl::StatusOr<v1::Run> run = cluster_.Get(run_id);
    EXPECT_OK(run);
    const std::string& address =
        run->steps(kTrain)
            .attempts(run->steps(kTrain).attempts_size() - 1)
            .replica();
    return address == cluster_.endpoints("train").grpc ? "train" : "train-2";
  }

  // Waits until the training of a run has come to `fraction`; 0: until it was
  // handed over.
  void TrainTo(const std::string& run_id, double fraction) {
    ASSERT_OK(cluster_.Watch(run_id, [fraction](const v1::RunEvent& event) {
      if (fraction == 0) {
        return event.step().step() == "train" &&
               event.step().state() == v1::STEP_STATE_RUNNING;
      }
      return event.progress().step() == "train" &&
             event.progress().progress().fraction() >= fraction;
    }));
  }

  v1::Run Finish(const std::string& run_id) {
    EXPECT_OK(
        cluster_.Watch(run_id, [](const v1::RunEvent&) { return false; }));
    const absl::StatusOr<v1::Run> run = cluster_.Get(run_id);
    EXPECT_OK(run);
    return run.ok() ? *run : v1::Run();
  }

  TestCluster cluster_;
};

TEST_F(ReplicasTest, AKilledReplicasTrainingGoesOnElsewhereToTheSameWeights) {
  const v1::RunRequest request = Request(/*epochs=*/2000);
  const std::string straight = StraightWeights(request);
  const absl::StatusOr<v1::Run> created = cluster_.Create(request);
  ASSERT_OK(created);
  TrainTo(created->id(), 0.2);
  cluster_.process(TrainerOf(created->id())).Kill();
  const v1::Run run = Finish(created->id());
  EXPECT_EQ(WeightsOf(run), straight);
  const v1::Step& train = run.steps(kTrain);
  ASSERT_EQ(train.attempts_size(), 2);
  EXPECT_EQ(train.attempts(0).state(), v1::ATTEMPT_STATE_LOST);
  EXPECT_NE(train.attempts(0).replica(), train.attempts(1).replica());
}

TEST_F(ReplicasTest, AReplicaThatHangsIsLostWithinSecondsNotByItsTimeout) {
  const absl::StatusOr<v1::Run> created =
      cluster_.Create(Request(/*epochs=*/2000));
  ASSERT_OK(created);
  TrainTo(created->id(), 0.1);
  const std::string hanging = TrainerOf(created->id());
  const absl::Time stopped = absl::Now();
  cluster_.process(hanging).Signal(SIGSTOP);
  const v1::Run run = Finish(created->id());
  cluster_.process(hanging).Signal(SIGCONT);
  EXPECT_EQ(run.state(), v1::RUN_STATE_SUCCEEDED) << run.error().message();
  const v1::Step& train = run.steps(kTrain);
  ASSERT_EQ(train.attempts_size(), 2);
  const absl::Duration found =
      FromTimestamp(train.attempts(1).start_time()) - stopped;
  std::printf("a replica that hangs was found after %s\n",
              absl::FormatDuration(found).c_str());
  EXPECT_EQ(train.attempts(0).state(), v1::ATTEMPT_STATE_LOST);
}

// From the hand-over, when the replica may still be reading its inputs, to the
// last report, after which it writes its outputs.
TEST_F(ReplicasTest, AReplicaToldToStopInAnyPhaseGivesItsWorkBackUnharmed) {
  const v1::RunRequest request = Request(/*epochs=*/400);
  const std::string straight = StraightWeights(request);
  absl::Duration slowest;
  int gone_on = 0;
  for (const double fraction : {0.0, 0.0001, 0.01, 0.3, 0.77, 0.999, 1.0}) {
    SCOPED_TRACE(fraction);
    const absl::StatusOr<v1::Run> created = cluster_.Create(request);
    ASSERT_OK(created);
    TrainTo(created->id(), fraction);
    const std::string told = TrainerOf(created->id());
    const absl::Time start = absl::Now();
    cluster_.process(told).Signal(SIGTERM);
    EXPECT_THAT(cluster_.process(told).Wait(kPatience), IsOkAndHolds(0));
    slowest = std::max(slowest, absl::Now() - start);
    const v1::Run run = Finish(created->id());
    EXPECT_EQ(WeightsOf(run), straight);
    for (const v1::Attempt& attempt : run.steps(kTrain).attempts()) {
      gone_on += attempt.state() == v1::ATTEMPT_STATE_LOST ? 1 : 0;
    }
    ASSERT_OK(cluster_.Start(told, {"--drain-timeout=0s"}));
    ASSERT_OK(cluster_.AwaitServing(told));
  }
  std::printf(
      "7 replicas told to stop: %d trainings went on elsewhere, the slowest "
      "exit took %s\n",
      gone_on, absl::FormatDuration(slowest).c_str());
  EXPECT_GT(gone_on, 0);
}

}  // namespace
}  // namespace stagecoach
