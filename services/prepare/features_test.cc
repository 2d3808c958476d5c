#include "services/prepare/features.h"

#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

const std::vector<std::string> kOne = {"a"};

TEST(FeaturesTest, StandardScalingIsByMeanAndDeviationOfThePopulation) {
  const std::vector<float> train = {2, 4, 4, 4, 5, 5, 7, 9};
  const auto scaling = FitScaling(train, kOne, ScalingKind::kStandard, false);
  ASSERT_OK(scaling);
  EXPECT_EQ(scaling->front().offset, 5);
  EXPECT_EQ(scaling->front().scale, 2);
}

TEST(FeaturesTest, MinMaxScalingIsByMinimumAndRange) {
  const std::vector<float> train = {3, 1, 5};
  const auto scaling = FitScaling(train, kOne, ScalingKind::kMinMax, false);
  ASSERT_OK(scaling);
  EXPECT_EQ(scaling->front().offset, 1);
  EXPECT_EQ(scaling->front().scale, 4);
}

TEST(FeaturesTest, EachColumnIsScaledByItself) {
  const std::vector<float> train = {1, 10, 3, 50};
  const std::vector<std::string> columns = {"a", "b"};
  const auto scaling = FitScaling(train, columns, ScalingKind::kMinMax, false);
  ASSERT_OK(scaling);
  EXPECT_EQ((*scaling)[0].scale, 2);
  EXPECT_EQ((*scaling)[1].scale, 40);
  EXPECT_EQ((*scaling)[1].name, "b");
}

TEST(FeaturesTest, LogarithmsAreTakenFirst) {
  const std::vector<float> train = {1, std::exp(2.0f)};
  const auto scaling = FitScaling(train, kOne, ScalingKind::kMinMax, true);
  ASSERT_OK(scaling);
  EXPECT_NEAR(scaling->front().scale, 2, 1e-6);
  EXPECT_TRUE(scaling->front().log);
}

TEST(FeaturesTest, AColumnThatNeverChangesKeepsItsScale) {
  const std::vector<float> train(1000, 0.1f);
  for (const ScalingKind kind :
       {ScalingKind::kStandard, ScalingKind::kMinMax}) {
    const auto scaling = FitScaling(train, kOne, kind, false);
    ASSERT_OK(scaling);
    EXPECT_EQ(scaling->front().scale, 1);
    EXPECT_NEAR(scaling->front().offset, 0.1f, 1e-9);
  }
}

TEST(FeaturesTest, LargeMeansKeepTheirDigits) {
  const std::vector<float> train = {1e7f + 1, 1e7f + 2, 1e7f + 3};
  const auto scaling = FitScaling(train, kOne, ScalingKind::kStandard, false);
  ASSERT_OK(scaling);
  EXPECT_NEAR(scaling->front().scale, std::sqrt(2.0 / 3), 1e-12);
}

TEST(FeaturesTest, ARowIsItsColumnsThenItsCalendar) {
  Scaler scaler;
  scaler.kind = ScalingKind::kMinMax;
  scaler.columns = {{"a", false, 1, 2}, {"b", false, 0, 10}};
  scaler.target = 1;
  scaler.calendar = {CalendarFeature::kHour};
  const std::vector<float> values = {1, 10, 5, 20};
  const std::vector<int64_t> timestamps = {0, 6 * 3600};
  const auto features = MakeFeatures({values, timestamps}, scaler);
  ASSERT_OK(features);
  EXPECT_THAT(features->features,
              ElementsAre(0, 1, FloatNear(0, 1e-6), FloatNear(1, 1e-6), 2, 2,
                          FloatNear(1, 1e-6), FloatNear(0, 1e-6)));
  EXPECT_THAT(features->targets, ElementsAre(1, 2));
}

TEST(FeaturesTest, NamesRowAndColumnOfWhatHasNoFeature) {
  const std::vector<float> train = {1, 2, -3};
  EXPECT_THAT(FitScaling(train, kOne, ScalingKind::kStandard, true),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("row 3, column \"a\": -3 has no logarithm")));
  Scaler scaler;
  scaler.columns = {{"a", false, 0, 1e-30}};
  const std::vector<float> values = {1e30f};
  EXPECT_THAT(MakeFeatures({values, {}}, scaler),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("is scaled beyond a 32-bit float")));
}

}  // namespace
}  // namespace stagecoach
