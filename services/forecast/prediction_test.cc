#include "services/forecast/prediction.h"

#include <cmath>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_matchers.h"
#include "services/forecast/some_model.h"

namespace stagecoach {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PredictionTest : public testing::Test {
 protected:
  PredictionTest() {
    const Scaler scaler = MonthlyScaler(/*lookback=*/3);
    ModelShape shape;
    shape.lookback = 3;
    shape.input_size = scaler.features();
    shape.hidden_size = 2;
    const Model model = CountingModel(shape, /*step=*/0.5);
    bytes_ =
        WeightsBytes(model, ToMetadata({&model.kind(), model.shape(), scaler}));
    files_->PutFile("model", bytes_);
    request_.set_model_uri("pvc://artifacts/model");
    for (const double value : {20, 30, 40}) request_.add_values(value);
    request_.mutable_last_timestamp()->set_seconds(-286675200);
  }

  absl::Status Predict() {
    response_.Clear();
    return stagecoach::Predict(
        models_, request_, [] { return false; }, response_);
  }

  std::string bytes_;
  const std::shared_ptr<MemoryFileSystem> files_ =
      std::make_shared<MemoryFileSystem>();
  prometheus::Registry registry_;
  ForecastMetrics metrics_{registry_};
  ArtifactStore store_{{{"artifacts", files_}}, registry_};
  ModelCache models_{store_, /*capacity=*/2, metrics_};
  v1::PredictRequest request_;
  v1::PredictResponse response_;
};

TEST_F(PredictionTest, ForecastsInTheOriginalUnitsWithTheTimesOfTheRows) {
  request_.set_steps(3);
  ASSERT_OK(Predict());
  EXPECT_THAT(response_.values(),
              ElementsAre(DoubleNear(45, 1e-3), DoubleNear(50, 1e-3),
                          DoubleNear(55, 1e-3)));
  ASSERT_EQ(response_.timestamps_size(), 3);
  EXPECT_EQ(response_.timestamps(0).seconds(), -283996800);
  EXPECT_EQ(response_.timestamps(2).seconds(), -278899200);
  EXPECT_EQ(response_.column(), "Passengers");
  EXPECT_EQ(response_.model_sha256(), Sha256Hex(bytes_));
}

TEST_F(PredictionTest, WithoutStepsItForecastsTheModelsHorizon) {
  ASSERT_OK(Predict());
  EXPECT_THAT(response_.values(), ElementsAre(DoubleNear(45, 1e-3)));
}

TEST_F(PredictionTest, SaysHowManyValuesAreNeeded) {
  request_.add_values(50);
  EXPECT_THAT(Predict(), StatusIs(absl::StatusCode::kInvalidArgument,
                                  HasSubstr("there are 4, needed are 3: the "
                                            "last 3 rows of the series")));
  EXPECT_THAT(response_.values(), IsEmpty());
}

TEST_F(PredictionTest, RefusesAValueThatIsNoNumber) {
  request_.set_values(1, std::nan(""));
  EXPECT_THAT(Predict(), StatusIs(absl::StatusCode::kInvalidArgument,
                                  HasSubstr("values[1] is nan")));
}

TEST_F(PredictionTest, RefusesStepsThatAreOutOfRange) {
  for (const int steps : {-1, 10'001}) {
    request_.set_steps(steps);
    EXPECT_THAT(Predict(), StatusIs(absl::StatusCode::kOutOfRange,
                                    HasSubstr("allowed are 0 to 10000")));
  }
}

TEST_F(PredictionTest, ACalendarNeedsATime) {
  request_.clear_last_timestamp();
  EXPECT_THAT(Predict(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                  HasSubstr("time of the last row")));
}

TEST_F(PredictionTest, NeedsAModelThatIsThere) {
  request_.clear_model_uri();
  EXPECT_THAT(Predict(), StatusIs(absl::StatusCode::kInvalidArgument,
                                  HasSubstr("model_uri is empty")));
  request_.set_model_uri("pvc://artifacts/none");
  EXPECT_THAT(Predict(), StatusIs(absl::StatusCode::kNotFound,
                                  HasSubstr("pvc://artifacts/none")));
}

}  // namespace
}  // namespace stagecoach
