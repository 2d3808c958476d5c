#include "services/train/trainer_options.h"

#include <ATen/Context.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

TrainingData SomeData(int64_t count) {
  TrainingData data;
  data.x_train = at::arange(count, at::kFloat).view({count, 1, 1});
  data.y_train = at::arange(count, at::kFloat).view({count, 1});
  return data;
}

TEST(TakeValidationTest, TakesTheTailInTheOrderOfTime) {
  const absl::StatusOr<TrainingData> data = TakeValidation(SomeData(10), 0.25);
  ASSERT_OK(data);
  EXPECT_TRUE(at::equal(data->y_train.view(-1), at::arange(8, at::kFloat)));
  EXPECT_TRUE(at::equal(data->x_train.view(-1), at::arange(8, at::kFloat)));
  EXPECT_TRUE(at::equal(data->y_validation.view(-1), at::tensor({8.f, 9.f})));
  EXPECT_TRUE(at::equal(data->x_validation.view(-1), at::tensor({8.f, 9.f})));
}

TEST(TakeValidationTest, RefusesAPartWithoutWindows) {
  EXPECT_THAT(TakeValidation(SomeData(10), 0.05).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("validation_share 0.05 of 10 training windows "
                                 "leaves 10 to train on and 0")));
  EXPECT_THAT(TakeValidation(SomeData(1), 0.9).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(FindDeviceTest, CudaIsTakenWhereThereIsOne) {
  EXPECT_THAT(FindDevice("cpu"), IsOkAndHolds(at::Device(at::kCPU)));
  if (at::hasCUDA()) {
    EXPECT_THAT(FindDevice("auto"), IsOkAndHolds(at::Device(at::kCUDA)));
    return;
  }
  EXPECT_THAT(FindDevice("auto"), IsOkAndHolds(at::Device(at::kCPU)));
  EXPECT_THAT(FindDevice("cuda").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("parameter 'device' is cuda, but")));
}

}  // namespace
}  // namespace stagecoach
