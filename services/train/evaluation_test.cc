#include "services/train/evaluation.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/zeros.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::DoubleNear;

class EvaluationTest : public testing::Test {
 protected:
  static Model MakeModel() {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    return Model::Create(**FindModelKind("lstm"), {.hidden_size = 3},
                         generator);
  }

  // More windows than one block holds.
  const at::Tensor x_ = at::linspace(-1, 1, 2500 * 2).view({2500, 2, 1});
  const Model model_ = MakeModel();
};

TEST_F(EvaluationTest, IsTheMeanOverAllWindows) {
  const at::Tensor forecast = model_.Forward(x_);
  const at::Tensor y = forecast + at::linspace(0, 3, 2500).view({2500, 1});
  const double expected = (forecast - y).square().mean().item<double>();
  EXPECT_THAT(MeanSquaredError(model_, x_, y, {}, [] { return false; }),
              IsOkAndHolds(DoubleNear(expected, 1e-5)));
}

TEST_F(EvaluationTest, MeasuresInTheUnitsBeforeTheScaling) {
  ColumnScaling scaling;
  scaling.log = true;
  scaling.offset = 4;
  scaling.scale = 0.5;
  const at::Tensor forecast = model_.Forward(x_);
  const at::Tensor y = forecast + 1;
  const double expected = ((forecast * 0.5 + 4).exp() - (y * 0.5 + 4).exp())
                              .square()
                              .mean()
                              .item<double>();
  EXPECT_THAT(MeanSquaredError(model_, x_, y, scaling, [] { return false; }),
              IsOkAndHolds(DoubleNear(expected, 1e-4 * expected)));
}

TEST_F(EvaluationTest, AsksBeforeEachBlockWhetherToStop) {
  int asked = 0;
  EXPECT_THAT(MeanSquaredError(model_, x_, at::zeros({2500, 1}), {},
                               [&asked] { return ++asked == 3; }),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace stagecoach
