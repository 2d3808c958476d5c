#include "services/prepare/prepare_stage.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/scaling/column_names.h"
#include "services/common/scaling/scaler.h"
#include "services/common/stagekit/stage_harness.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class PrepareStageTest : public testing::Test {
 protected:
  PrepareStageTest() {
    harness_.GiveFloats("train", {5, 1}, {1, 2, 3, 4, 5});
    harness_.GiveFloats("test", {3, 1}, {6, 7, 8});
    harness_.GiveFloats("forecast", {2, 1}, {7, 8});
    harness_.SetInteger("lookback", 2);
  }

  PrepareStage stage_;
  StageHarness harness_{stage_};
};

TEST_F(PrepareStageTest, CutsEachPartIntoWindowsOfItsOwn) {
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputShape("X_train"), ElementsAre(3, 2, 1));
  EXPECT_THAT(harness_.OutputFloats("X_train"), ElementsAre(1, 2, 2, 3, 3, 4));
  EXPECT_THAT(harness_.OutputShape("y_train"), ElementsAre(3, 1));
  EXPECT_THAT(harness_.OutputFloats("y_train"), ElementsAre(3, 4, 5));
  EXPECT_THAT(harness_.OutputShape("X_test"), ElementsAre(1, 2, 1));
  EXPECT_THAT(harness_.OutputFloats("X_test"), ElementsAre(6, 7));
  EXPECT_THAT(harness_.OutputFloats("y_test"), ElementsAre(8));
}

TEST_F(PrepareStageTest, TheForecastStartsFromOneWindowOfTheLastValues) {
  harness_.GiveFloats("forecast", {3, 1}, {6, 7, 8});
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputShape("X_forecast"), ElementsAre(1, 2, 1));
  EXPECT_THAT(harness_.OutputFloats("X_forecast"), ElementsAre(7, 8));
}

TEST_F(PrepareStageTest, NamesTheInputThatIsTooShort) {
  harness_.GiveFloats("test", {2, 1}, {6, 7});
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("input 'test': the series has 2 values; "
                                 "lookback 2 needs at least 3")));
  harness_.GiveFloats("test", {3, 1}, {6, 7, 8});
  harness_.GiveFloats("forecast", {1, 1}, {8});
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("input 'forecast' has 1 values; lookback 2 "
                                 "needs at least 2")));
}

TEST_F(PrepareStageTest, RefusesAnInputOfAnotherShape) {
  harness_.GiveFloats("train", {5}, {1, 2, 3, 4, 5});
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("input 'train' is F32 [5]"),
                             HasSubstr("needed is F32 [n,columns]"))));
  harness_.GiveFloats("train", {2, 2}, {1, 2, 3, 4});
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("input 'test' is F32 [3,1]; needed is F32 "
                                 "[n,2]")));
}

TEST_F(PrepareStageTest, RefusesAFileThatLacksTheTensor) {
  const float value = 1;
  const TensorView other{
      "other",
      Dtype::kF32,
      {1, 1},
      absl::string_view(reinterpret_cast<const char*>(&value), 4)};
  harness_.GiveTensors("train", {other});
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                       HasSubstr("input 'train'")));
}

TEST_F(PrepareStageTest, RefusesALookbackOfNothing) {
  harness_.SetInteger("lookback", 0);
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("lookback")));
}

TEST_F(PrepareStageTest, CutsSeveralStepsAheadAtAStride) {
  harness_.SetInteger("lookback", 1);
  harness_.SetInteger("horizon", 2);
  harness_.SetInteger("stride", 2);
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputFloats("X_train"), ElementsAre(1, 3));
  EXPECT_THAT(harness_.OutputShape("y_train"), ElementsAre(2, 2));
  EXPECT_THAT(harness_.OutputFloats("y_train"), ElementsAre(2, 3, 4, 5));
}

TEST_F(PrepareStageTest, ScalesByTheTrainingPartAlone) {
  harness_.SetString("scaling", "minmax");
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputFloats("X_train"),
              ElementsAre(0, 0.25, 0.25, 0.5, 0.5, 0.75));
  EXPECT_THAT(harness_.OutputFloats("y_test"), ElementsAre(1.75));
  EXPECT_THAT(harness_.OutputFloats("X_forecast"), ElementsAre(1.5, 1.75));
  const auto scaler = ParseScaler(harness_.OutputBytes("scaler"));
  ASSERT_OK(scaler);
  EXPECT_EQ(scaler->target_column().offset, 1);
  EXPECT_EQ(scaler->target_column().scale, 4);
  EXPECT_EQ(scaler->lookback, 2);
}

TEST_F(PrepareStageTest, AddsTheCalendarAndTellsTheFrequency) {
  std::vector<int64_t> times;
  for (int day = 0; day < 8; ++day) times.push_back(day * 86400);
  harness_.GiveTensors(
      "timestamps",
      {{"timestamps",
        Dtype::kI64,
        {8},
        absl::string_view(reinterpret_cast<const char*>(times.data()), 64)}});
  harness_.SetStringList("calendar", {"day_of_week", "hour"});
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputShape("X_train"), ElementsAre(3, 2, 5));
  EXPECT_THAT(harness_.OutputShape("X_forecast"), ElementsAre(1, 2, 5));
  const std::vector<float> windows = harness_.OutputFloats("X_train");
  EXPECT_EQ(windows[0], 1);
  // 1970-01-01 was a Thursday, the fourth day of seven.
  EXPECT_NEAR(windows[1], std::sin(2 * 3.14159265 * 3 / 7), 1e-6);
  EXPECT_EQ(windows[4], 1);
  const auto scaler = ParseScaler(harness_.OutputBytes("scaler"));
  ASSERT_OK(scaler);
  EXPECT_EQ(scaler->frequency, (Frequency{Frequency::Unit::kSeconds, 86400}));
  EXPECT_EQ(scaler->last_timestamp, std::optional<int64_t>(7 * 86400));
}

TEST_F(PrepareStageTest, ForecastsOneOfSeveralColumns) {
  const SafetensorsMetadata metadata = {{kColumnsKey, R"(["a","b"])"}};
  const std::vector<float> values = {1, 10, 2, 20, 3, 30, 4, 40};
  const absl::string_view bytes(reinterpret_cast<const char*>(values.data()),
                                32);
  for (const char* const input : {"train", "test", "forecast"}) {
    harness_.GiveTensors(input, {{input, Dtype::kF32, {4, 2}, bytes}},
                         metadata);
  }
  harness_.SetString("target", "b");
  ASSERT_OK(harness_.Run());
  EXPECT_THAT(harness_.OutputShape("X_train"), ElementsAre(2, 2, 2));
  EXPECT_THAT(harness_.OutputFloats("X_train"),
              ElementsAre(1, 10, 2, 20, 2, 20, 3, 30));
  EXPECT_THAT(harness_.OutputFloats("y_train"), ElementsAre(30, 40));
  EXPECT_EQ(ParseScaler(harness_.OutputBytes("scaler"))->target_column().name,
            "b");
  harness_.SetString("target", "c");
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kInvalidArgument,
                                       HasSubstr("none of the columns")));
  harness_.SetInteger("target", 2);
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kOutOfRange,
                                       HasSubstr("has 2 columns, 0 to 1")));
}

TEST_F(PrepareStageTest, RefusesACalendarWithoutTimes) {
  harness_.SetStringList("calendar", {"month"});
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kInvalidArgument,
                                       HasSubstr("needs input 'timestamps'")));
}

TEST_F(PrepareStageTest, RefusesTimesOfAnotherNumberOfRows) {
  const int64_t time = 0;
  harness_.GiveTensors(
      "timestamps",
      {{"timestamps",
        Dtype::kI64,
        {1},
        absl::string_view(reinterpret_cast<const char*>(&time), 8)}});
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("is I64 [1]; needed is I64 [8]")));
}

TEST_F(PrepareStageTest, NamesTheValueThatHasNoLogarithm) {
  harness_.SetBoolean("log", true);
  harness_.GiveFloats("test", {3, 1}, {6, 0, 8});
  EXPECT_THAT(harness_.Run(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("input 'test': row 2, column \"0\": 0 has no "
                                 "logarithm; parameter 'log' needs")));
}

TEST_F(PrepareStageTest, StopsBetweenTwoParts) {
  harness_.CancelAtProgress(1);
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(harness_.progress(), SizeIs(1));
}

}  // namespace
}  // namespace stagecoach
