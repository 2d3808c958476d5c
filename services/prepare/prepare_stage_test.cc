#include "services/prepare/prepare_stage.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
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
                             HasSubstr("needed is F32 [n,1]"))));
  harness_.GiveFloats("train", {2, 2}, {1, 2, 3, 4});
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kFailedPrecondition));
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

TEST_F(PrepareStageTest, StopsBetweenTwoParts) {
  harness_.CancelAtProgress(1);
  EXPECT_THAT(harness_.Run(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(harness_.progress(), SizeIs(1));
}

}  // namespace
}  // namespace stagecoach
