// A stage that is down, and what the processes tell of themselves.

#include <httplib.h>
#include <signal.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class OutageTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(cluster_.StartAll()); }

  // What a process answers to Prometheus.
  std::string Scrape(const std::string& name) {
    httplib::Client client("http://" + cluster_.endpoints(name).metrics);
    const httplib::Result answer = client.Get("/metrics");
    return answer && answer->status == 200 ? answer->body : "";
  }

  TestCluster cluster_;
};

TEST_F(OutageTest, ARunIsRefusedAtOnceWhileAStageIsDownAndSaysWhich) {
  ASSERT_OK(cluster_.Execute(AirlineRequest(1)));
  cluster_.process("train").Kill();
  // The fleet hears of the loss within milliseconds; until then the run is
  // accepted and waits in the queue.
  absl::StatusOr<v1::Run> refused = cluster_.Create(AirlineRequest(1));
  const absl::Time give_up = absl::Now() + kPatience;
  while (refused.ok() && absl::Now() < give_up) {
    refused = cluster_.Create(AirlineRequest(1));
  }
  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kUnavailable,
                       AllOf(HasSubstr("train"),
                             HasSubstr(cluster_.endpoints("train").grpc))));
}

TEST_F(OutageTest, ARunThatWaitsForAStageGoesOnWhenItComesBack) {
  cluster_.process("forecast").Signal(SIGSTOP);
  const absl::StatusOr<v1::Run> run = cluster_.Create(AirlineRequest(1));
  ASSERT_OK(run);
  ASSERT_OK(cluster_.Watch(run->id(), [](const v1::RunEvent& event) {
    return event.step().step() == "train" &&
           event.step().state() == v1::STEP_STATE_SUCCEEDED;
  }));
  cluster_.process("forecast").Kill();
  ASSERT_OK(cluster_.Start("forecast"));
  ASSERT_OK(
      cluster_.Watch(run->id(), [](const v1::RunEvent&) { return false; }));
  const absl::StatusOr<v1::Run> ended = cluster_.Get(run->id());
  ASSERT_OK(ended);
  EXPECT_EQ(ended->state(), v1::RUN_STATE_SUCCEEDED)
      << ended->error().message();
}

TEST_F(OutageTest, EveryProcessShowsItsMetrics) {
  ASSERT_OK(cluster_.Execute(AirlineRequest(1)));
  for (const char* name : {"load", "prepare", "train", "forecast"}) {
    EXPECT_THAT(Scrape(name),
                AllOf(HasSubstr("grpc_server_handled_total{"),
                      HasSubstr("stagecoach_build_info{"),
                      HasSubstr("process_resident_memory_bytes"),
                      HasSubstr("stagecoach_stage_executions_total{"),
                      HasSubstr("stagecoach_stage_execution_seconds_bucket{"),
                      HasSubstr("stagecoach_artifact_io_seconds_bucket{")))
        << name;
  }
  EXPECT_THAT(Scrape("train"),
              AllOf(HasSubstr("stagecoach_train_epochs_total 1"),
                    HasSubstr("stagecoach_train_loss")));
  EXPECT_THAT(Scrape("orchestrator"),
              AllOf(HasSubstr("grpc_client_handled_total{"),
                    HasSubstr("stagecoach_runs_total{outcome=\"succeeded\","
                              "pipeline=\"airline\"} 1"),
                    HasSubstr("stagecoach_run_overhead_seconds_bucket{"),
                    HasSubstr("stagecoach_steps_waiting{stage=\"train\"} 0"),
                    HasSubstr("stagecoach_store_commit_seconds_bucket{")));
}

TEST_F(OutageTest, NoMetricCarriesTheIdOfARun) {
  const absl::StatusOr<v1::Run> run = cluster_.Execute(AirlineRequest(1));
  ASSERT_OK(run);
  for (const char* name :
       {"load", "prepare", "train", "forecast", "orchestrator"}) {
    EXPECT_THAT(Scrape(name), testing::Not(HasSubstr(run->id()))) << name;
  }
}

}  // namespace
}  // namespace stagecoach
