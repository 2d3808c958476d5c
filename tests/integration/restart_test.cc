// Processes are killed in the middle of a run and started again.

#include <signal.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

// Enough epochs that the training is still going on when somebody is killed.
constexpr int kLongTraining = 4000;

class RestartTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(cluster_.StartAll()); }

  static v1::RunRequest LongRun(int epochs) {
    v1::RunRequest request = AirlineRequest(epochs);
    (*request.mutable_parameters())["checkpoint_interval"].set_integer_value(
        50);
    return request;
  }

  // Creates a run and waits until its training has done `epochs`.
  std::string TrainFor(const v1::RunRequest& request, int64_t epochs) {
    const absl::StatusOr<v1::Run> run = cluster_.Create(request);
    EXPECT_OK(run);
    EXPECT_OK(cluster_.Watch(run->id(), [epochs](const v1::RunEvent& event) {
      return event.progress().step() == "train" &&
             event.progress().progress().units_done() >= epochs;
    }));
    return run->id();
  }

  // The run once it has ended, and the smallest epoch that was reported.
  v1::Run Finish(const std::string& run_id, int64_t* first_epoch = nullptr) {
    int64_t first = -1;
    EXPECT_OK(cluster_.Watch(run_id, [&](const v1::RunEvent& event) {
      if (event.progress().step() == "train" && first < 0) {
        first = event.progress().progress().units_done();
      }
      return false;
    }));
    if (first_epoch != nullptr) *first_epoch = first;
    const absl::StatusOr<v1::Run> run = cluster_.Get(run_id);
    EXPECT_OK(run);
    return run.ok() ? *run : v1::Run();
  }

  TestCluster cluster_;
};

TEST_F(RestartTest, AKilledOrchestratorJoinsTheTrainingThatGoesOn) {
  const std::string run_id = TrainFor(LongRun(kLongTraining), 100);
  cluster_.process("orchestrator").Kill();
  ASSERT_OK(cluster_.Start("orchestrator"));
  int64_t first_epoch = 0;
  const v1::Run run = Finish(run_id, &first_epoch);
  EXPECT_EQ(run.state(), v1::RUN_STATE_SUCCEEDED) << run.error().message();
  EXPECT_EQ(run.steps(2).attempts_size(), 1);
  EXPECT_GT(first_epoch, 100) << "the training started from the beginning";
  EXPECT_EQ(run.steps(0).attempts_size(), 1);
}

TEST_F(RestartTest, AKilledTrainStageGoesOnFromItsCheckpoint) {
  const v1::RunRequest request = LongRun(/*epochs=*/1000);
  const absl::StatusOr<v1::Run> undisturbed = cluster_.Execute(request);
  ASSERT_OK(undisturbed);
  const std::string run_id = TrainFor(request, 200);
  cluster_.process("train").Kill();
  ASSERT_OK(cluster_.Start("train"));
  const v1::Run run = Finish(run_id);
  ASSERT_EQ(run.state(), v1::RUN_STATE_SUCCEEDED) << run.error().message();
  EXPECT_EQ(run.steps(2).outputs(0).sha256(),
            undisturbed->steps(2).outputs(0).sha256())
      << "resumed training must end with the same weights";
  EXPECT_THAT(cluster_.log("train"), testing::Not(testing::IsEmpty()));
}

TEST_F(RestartTest, StagesToldToStopSaveACheckpointAndExitWithZero) {
  const std::string run_id = TrainFor(LongRun(kLongTraining), 120);
  cluster_.process("train").Signal(SIGTERM);
  // A second signal is not needed: the drain is cut short by the flag.
  EXPECT_THAT(cluster_.process("train").Wait(kPatience), IsOkAndHolds(0));
  ASSERT_OK(cluster_.Start("train"));
  EXPECT_EQ(Finish(run_id).state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(RestartTest, EveryProcessStopsWithZeroWhenItIsTold) {
  for (const char* name :
       {"orchestrator", "load", "prepare", "train", "forecast"}) {
    cluster_.process(name).Signal(SIGTERM);
    EXPECT_THAT(cluster_.process(name).Wait(kPatience), IsOkAndHolds(0))
        << name << ":\n"
        << ReadWholeFile(cluster_.log(name));
  }
}

TEST_F(RestartTest, RunsAreStillThereAfterARestart) {
  const absl::StatusOr<v1::Run> before = cluster_.Execute(AirlineRequest(1));
  ASSERT_OK(before);
  cluster_.process("orchestrator").Kill();
  ASSERT_OK(cluster_.Start("orchestrator"));
  const absl::StatusOr<v1::Run> after = cluster_.Get(before->id());
  ASSERT_OK(after);
  EXPECT_EQ(after->SerializeAsString().size(),
            before->SerializeAsString().size());
  EXPECT_EQ(after->state(), v1::RUN_STATE_SUCCEEDED);
}

}  // namespace
}  // namespace stagecoach
