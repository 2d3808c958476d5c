// The reference pipeline through real processes.

#include <filesystem>
#include <map>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/base/status_matchers.h"
#include "services/common/contract/proto_time.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

class ReferenceRunTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new TestCluster;
    ASSERT_OK(cluster_->StartAll());
  }
  static void TearDownTestSuite() { delete cluster_; }

  // The file of an artifact on this machine.
  static std::string PathOf(const v1::Artifact& artifact) {
    return cluster_->volume() + "/" +
           artifact.uri().substr(std::string("pvc://artifacts/").size());
  }

  static const v1::Artifact& Output(const v1::Run& run, const std::string& step,
                                    const std::string& name) {
    for (const v1::Step& record : run.steps()) {
      if (record.name() != step) continue;
      for (const v1::Artifact& output : record.outputs()) {
        if (output.name() == name) return output;
      }
    }
    ADD_FAILURE() << step << " has no output " << name;
    return v1::Artifact::default_instance();
  }

  static std::vector<int64_t> ShapeOf(const v1::Artifact& artifact) {
    EXPECT_EQ(artifact.tensors_size(), 1) << artifact.name();
    const auto& shape = artifact.tensors(0).shape();
    return {shape.begin(), shape.end()};
  }

  static inline TestCluster* cluster_ = nullptr;
};

TEST_F(ReferenceRunTest, MakesEveryShapeOfTheReferenceTable) {
  const absl::StatusOr<v1::Run> run = cluster_->Execute(AirlineRequest());
  ASSERT_OK(run);
  ASSERT_EQ(run->state(), v1::RUN_STATE_SUCCEEDED) << run->error().message();
  EXPECT_THAT(ShapeOf(Output(*run, "load", "train")), ElementsAre(100, 1));
  EXPECT_THAT(ShapeOf(Output(*run, "load", "test")), ElementsAre(44, 1));
  EXPECT_THAT(ShapeOf(Output(*run, "load", "forecast")), ElementsAre(4, 1));
  EXPECT_THAT(ShapeOf(Output(*run, "prepare", "X_train")),
              ElementsAre(96, 4, 1));
  EXPECT_THAT(ShapeOf(Output(*run, "prepare", "y_train")), ElementsAre(96, 1));
  EXPECT_THAT(ShapeOf(Output(*run, "prepare", "X_test")),
              ElementsAre(40, 4, 1));
  EXPECT_THAT(ShapeOf(Output(*run, "prepare", "y_test")), ElementsAre(40, 1));
  EXPECT_THAT(ShapeOf(Output(*run, "prepare", "X_forecast")),
              ElementsAre(1, 4, 1));
  EXPECT_THAT(ShapeOf(Output(*run, "forecast", "y_forecast")),
              ElementsAre(1, 1));
}

TEST_F(ReferenceRunTest, ReportsTheErrorsOfTheReferenceAsItTrains) {
  // Epoch -> (train, test).
  std::map<int64_t, std::pair<double, double>> evaluations;
  const absl::StatusOr<v1::Run> run =
      cluster_->Execute(AirlineRequest(), [&](const v1::RunEvent& event) {
        if (!event.has_progress()) return;
        const v1::Progress& progress = event.progress().progress();
        const auto train = progress.metrics().find("rmse_train");
        const auto test = progress.metrics().find("rmse_test");
        if (train == progress.metrics().end()) return;
        evaluations[progress.units_done()] = {train->second, test->second};
      });
  ASSERT_OK(run);
  ASSERT_FALSE(evaluations.empty());
  const v1::Attempt& attempt = run->steps(2).attempts(0);
  EXPECT_THAT(attempt.metrics().at("rmse_train"), AllOf(Ge(180), Le(195)));
  EXPECT_THAT(attempt.metrics().at("rmse_test"), AllOf(Ge(370), Le(388)));
}

TEST_F(ReferenceRunTest, TheSameSeedMakesTheSameWeightsBitForBit) {
  const absl::StatusOr<v1::Run> first = cluster_->Execute(AirlineRequest());
  const absl::StatusOr<v1::Run> second = cluster_->Execute(AirlineRequest());
  v1::RunRequest other_seed = AirlineRequest();
  (*other_seed.mutable_parameters())["seed"].set_integer_value(7);
  const absl::StatusOr<v1::Run> third = cluster_->Execute(other_seed);
  ASSERT_OK(first);
  ASSERT_OK(second);
  ASSERT_OK(third);
  const std::string weights =
      ReadWholeFile(PathOf(Output(*first, "train", "weights")));
  ASSERT_FALSE(weights.empty());
  EXPECT_EQ(weights,
            ReadWholeFile(PathOf(Output(*second, "train", "weights"))));
  EXPECT_NE(weights, ReadWholeFile(PathOf(Output(*third, "train", "weights"))));
}

TEST_F(ReferenceRunTest, TheParallelPartsOfTheTimeAddUpToTheWall) {
  const absl::StatusOr<v1::Run> run = cluster_->Execute(AirlineRequest());
  ASSERT_OK(run);
  const v1::RunTimes& times = run->times();
  const absl::Duration sum =
      FromProtoDuration(times.queue()) + FromProtoDuration(times.dispatch()) +
      FromProtoDuration(times.read()) + FromProtoDuration(times.compute()) +
      FromProtoDuration(times.write()) + FromProtoDuration(times.commit());
  const absl::Duration wall = FromProtoDuration(times.wall());
  EXPECT_GT(FromProtoDuration(times.compute()), absl::ZeroDuration());
  EXPECT_LE(absl::AbsDuration(sum - wall), absl::Milliseconds(1));
}

TEST_F(ReferenceRunTest, TwoRunsAtOnceDoNotTouchEachOther) {
  const absl::StatusOr<v1::Run> alone = cluster_->Execute(AirlineRequest());
  ASSERT_OK(alone);
  absl::StatusOr<v1::Run> left;
  absl::StatusOr<v1::Run> right;
  std::thread other([&] { left = cluster_->Execute(AirlineRequest()); });
  v1::RunRequest short_run = AirlineRequest(/*epochs=*/20);
  right = cluster_->Execute(short_run);
  other.join();
  ASSERT_OK(left);
  ASSERT_OK(right);
  EXPECT_EQ(left->state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(right->state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_NE(left->id(), right->id());
  EXPECT_EQ(Output(*left, "train", "weights").sha256(),
            Output(*alone, "train", "weights").sha256());
  EXPECT_NE(Output(*right, "train", "weights").sha256(),
            Output(*alone, "train", "weights").sha256());
}

TEST_F(ReferenceRunTest, ARunOverTheSizeLimitIsRefusedByTheServer) {
  v1::RunRequest request = AirlineRequest();
  request.set_idempotency_key(std::string(5 << 20, 'k'));
  EXPECT_THAT(cluster_->Create(request),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_OK(cluster_->Execute(AirlineRequest(/*epochs=*/1)));
}

TEST_F(ReferenceRunTest, NothingHiddenIsLeftOnTheVolume) {
  ASSERT_OK(cluster_->Execute(AirlineRequest(/*epochs=*/1)));
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(cluster_->volume())) {
    EXPECT_THAT(entry.path().string(), testing::Not(HasSubstr(".staging")));
  }
}

}  // namespace
}  // namespace stagecoach
