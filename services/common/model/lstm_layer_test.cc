#include "services/common/model/lstm_layer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <ostream>
#include <vector>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

struct LayerCase {
  int64_t steps;
  int64_t batch;
  int64_t input;
  int64_t hidden;
};

std::ostream& operator<<(std::ostream& out, const LayerCase& sizes) {
  return out << sizes.steps << "x" << sizes.batch << "x" << sizes.input
             << " hidden " << sizes.hidden;
}

// Sequences, the four parameters, and what the hidden states are multiplied
// with to make one number of them.
struct Problem {
  Problem(const LayerCase& sizes, at::ScalarType type) {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    const auto uniform = [&](at::IntArrayRef shape) {
      at::Tensor tensor = at::empty(shape, type);
      tensor.uniform_(-1, 1, generator);
      return tensor;
    };
    const int64_t gates = 4 * sizes.hidden;
    leaves = {uniform({sizes.steps, sizes.batch, sizes.input}),
              uniform({gates, sizes.input}), uniform({gates, sizes.hidden}),
              uniform({gates}), uniform({gates})};
    factors = uniform({sizes.steps, sizes.batch, sizes.hidden});
    for (at::Tensor& leaf : leaves) leaf.requires_grad_(true);
  }

  at::Tensor Hidden() const {
    return LstmLayer(leaves[0], {leaves[1], leaves[2], leaves[3], leaves[4]});
  }
  at::Tensor HiddenByTorch() const {
    const at::Tensor zeros =
        at::zeros({1, factors.size(1), factors.size(2)}, factors.options());
    return std::get<0>(at::lstm(
        leaves[0], {zeros, zeros}, {leaves[1], leaves[2], leaves[3], leaves[4]},
        /*has_biases=*/true,
        /*num_layers=*/1, /*dropout=*/0.0, /*train=*/false,
        /*bidirectional=*/false, /*batch_first=*/false));
  }
  std::vector<at::Tensor> Gradients(const at::Tensor& hidden) const {
    return torch::autograd::grad({(hidden * factors).sum()}, leaves);
  }

  std::vector<at::Tensor> leaves;
  at::Tensor factors;
};

class LstmLayerTest : public testing::TestWithParam<LayerCase> {};

TEST_P(LstmLayerTest, AgreesWithTorchForwardAndBackward) {
  for (at::ScalarType type : {at::kFloat, at::kDouble}) {
    const Problem problem(GetParam(), type);
    const at::Tensor hidden = problem.Hidden();
    const at::Tensor expected = problem.HiddenByTorch();
    EXPECT_TRUE(at::allclose(hidden, expected, /*rtol=*/1e-4, /*atol=*/1e-5));
    const std::vector<at::Tensor> gradients = problem.Gradients(hidden);
    const std::vector<at::Tensor> wanted = problem.Gradients(expected);
    for (size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_TRUE(at::allclose(gradients[i], wanted[i], /*rtol=*/1e-3,
                               /*atol=*/1e-4))
          << "leaf " << i << " as " << c10::toString(type);
    }
  }
}

TEST_P(LstmLayerTest, GradientsAreTheDifferenceQuotients) {
  constexpr double kStep = 1e-5;
  const Problem problem(GetParam(), at::kDouble);
  const std::vector<at::Tensor> gradients = problem.Gradients(problem.Hidden());
  const c10::NoGradGuard no_grad;
  for (size_t i = 0; i < problem.leaves.size(); ++i) {
    const at::Tensor values = problem.leaves[i].view(-1);
    const int64_t stride = std::max<int64_t>(1, values.numel() / 20);
    for (int64_t j = 0; j < values.numel(); j += stride) {
      const auto sum_at = [&](double value) {
        values[j] = value;
        return (problem.Hidden() * problem.factors).sum().item<double>();
      };
      const double here = values[j].item<double>();
      const double quotient =
          (sum_at(here + kStep) - sum_at(here - kStep)) / (2 * kStep);
      values[j] = here;
      ASSERT_NEAR(gradients[i].view(-1)[j].item<double>(), quotient, 1e-6)
          << "leaf " << i << " element " << j;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, LstmLayerTest,
                         testing::Values(LayerCase{4, 8, 1, 50},
                                         LayerCase{1, 1, 1, 1},
                                         LayerCase{1, 3, 2, 5},
                                         LayerCase{7, 1, 3, 4},
                                         LayerCase{5, 9, 6, 17}));

TEST(LstmLayerUseTest, TakesSequencesThatAreNotContiguous) {
  const Problem problem({4, 3, 2, 5}, at::kFloat);
  const at::Tensor strided =
      problem.leaves[0].detach().transpose(0, 1).contiguous().transpose(0, 1);
  EXPECT_TRUE(
      at::equal(LstmLayer(strided, {problem.leaves[1], problem.leaves[2],
                                    problem.leaves[3], problem.leaves[4]}),
                problem.Hidden()));
}

TEST(LstmLayerUseTest, SequencesThatNeedNoGradientGetNone) {
  Problem problem({4, 3, 2, 5}, at::kFloat);
  const std::vector<at::Tensor> all = problem.Gradients(problem.Hidden());
  problem.leaves[0].requires_grad_(false);
  const std::vector<at::Tensor> gradients = torch::autograd::grad(
      {(problem.Hidden() * problem.factors).sum()}, {problem.leaves[1]});
  EXPECT_TRUE(at::equal(gradients[0], all[1]));
}

}  // namespace
}  // namespace stagecoach
