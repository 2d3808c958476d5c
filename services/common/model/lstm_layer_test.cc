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

  at::Tensor Hidden(LstmMethod method) const {
    return LstmLayerBy(method, leaves[0],
                       {leaves[1], leaves[2], leaves[3], leaves[4]});
  }
  std::vector<at::Tensor> Gradients(const at::Tensor& hidden) const {
    return torch::autograd::grad({(hidden * factors).sum()}, leaves);
  }

  std::vector<at::Tensor> leaves;
  at::Tensor factors;
};

class LstmLayerTest : public testing::TestWithParam<LayerCase> {};

constexpr LstmMethod kOurs[] = {LstmMethod::kFused, LstmMethod::kProducts};

void ExpectAgreementWithTorch(const Problem& problem, LstmMethod method) {
  const at::Tensor hidden = problem.Hidden(method);
  const at::Tensor expected = problem.Hidden(LstmMethod::kTorch);
  EXPECT_TRUE(at::allclose(hidden, expected, /*rtol=*/1e-4, /*atol=*/1e-5));
  const std::vector<at::Tensor> gradients = problem.Gradients(hidden);
  const std::vector<at::Tensor> wanted = problem.Gradients(expected);
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_TRUE(at::allclose(gradients[i], wanted[i], /*rtol=*/1e-3,
                             /*atol=*/1e-4))
        << "leaf " << i;
  }
  // Nothing needs to be kept.
  const c10::NoGradGuard no_grad;
  EXPECT_TRUE(at::allclose(problem.Hidden(method), expected, /*rtol=*/1e-4,
                           /*atol=*/1e-5));
}

TEST_P(LstmLayerTest, AgreesWithTorchForwardAndBackward) {
  for (at::ScalarType type : {at::kFloat, at::kDouble}) {
    for (LstmMethod method : kOurs) {
      ExpectAgreementWithTorch(Problem(GetParam(), type), method);
    }
  }
}

void ExpectDifferenceQuotients(const Problem& problem, LstmMethod method) {
  constexpr double kStep = 1e-5;
  const std::vector<at::Tensor> gradients =
      problem.Gradients(problem.Hidden(method));
  const c10::NoGradGuard no_grad;
  for (size_t i = 0; i < problem.leaves.size(); ++i) {
    const at::Tensor values = problem.leaves[i].view(-1);
    const int64_t stride = std::max<int64_t>(1, values.numel() / 20);
    for (int64_t j = 0; j < values.numel(); j += stride) {
      const auto sum_at = [&](double value) {
        values[j] = value;
        return (problem.Hidden(method) * problem.factors).sum().item<double>();
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

TEST_P(LstmLayerTest, GradientsAreTheDifferenceQuotients) {
  for (LstmMethod method : kOurs) {
    ExpectDifferenceQuotients(Problem(GetParam(), at::kDouble), method);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, LstmLayerTest,
    testing::Values(LayerCase{4, 8, 1, 50}, LayerCase{1, 1, 1, 1},
                    LayerCase{1, 3, 2, 5}, LayerCase{7, 1, 3, 4},
                    LayerCase{5, 9, 6, 17}, LayerCase{3, 70, 9, 16}));

TEST(LstmLayerUseTest, TakesTensorsThatAreNotContiguous) {
  const Problem problem({4, 3, 2, 5}, at::kFloat);
  const auto strided = [&problem](size_t leaf) {
    return problem.leaves[leaf].detach().transpose(0, 1).contiguous().transpose(
        0, 1);
  };
  for (LstmMethod method : kOurs) {
    EXPECT_TRUE(
        at::allclose(LstmLayerBy(method, strided(0),
                                 {problem.leaves[1], strided(2),
                                  problem.leaves[3], problem.leaves[4]}),
                     problem.Hidden(method)));
  }
}

TEST(LstmLayerUseTest, SequencesThatNeedNoGradientGetNone) {
  for (LstmMethod method : kOurs) {
    Problem problem({4, 3, 2, 5}, at::kFloat);
    const std::vector<at::Tensor> all =
        problem.Gradients(problem.Hidden(method));
    problem.leaves[0].requires_grad_(false);
    const std::vector<at::Tensor> gradients = torch::autograd::grad(
        {(problem.Hidden(method) * problem.factors).sum()},
        {problem.leaves[1]});
    EXPECT_TRUE(at::equal(gradients[0], all[1]));
  }
}

void ExpectMethods(const FusedLstmSizes& sizes, LstmMethod training,
                   LstmMethod inference) {
  EXPECT_EQ(ChooseLstmMethod(sizes, LstmPurpose::kTraining), training);
  EXPECT_EQ(ChooseLstmMethod(sizes, LstmPurpose::kInference), inference);
}

TEST(LstmLayerUseTest, TheMethodChosenIsOneOfThem) {
  const Problem problem({4, 8, 1, 50}, at::kFloat);
  ExpectMethods({4, 8, 1, 50}, LstmMethod::kFused, LstmMethod::kFused);
  EXPECT_TRUE(at::equal(
      LstmLayer(problem.leaves[0], {problem.leaves[1], problem.leaves[2],
                                    problem.leaves[3], problem.leaves[4]}),
      problem.Hidden(LstmMethod::kFused)));
}

TEST(LstmLayerUseTest, LongSequencesOfLargeSizesAreLeftToLibtorch) {
  ExpectMethods({4, 64, 1, 1024}, LstmMethod::kProducts, LstmMethod::kProducts);
  ExpectMethods({256, 64, 1, 1024}, LstmMethod::kTorch, LstmMethod::kTorch);
}

TEST(LstmLayerUseTest, WithoutGradientsLargeBatchesAreLeftToLibtorch) {
  ExpectMethods({16, 128, 1, 128}, LstmMethod::kProducts, LstmMethod::kTorch);
}

TEST(LstmLayerUseTest, WithoutGradientsLongSequencesAreLeftToLibtorch) {
  ExpectMethods({256, 8, 1, 50}, LstmMethod::kFused, LstmMethod::kTorch);
}

TEST(LstmLayerUseTest, TheLayerIsChosenByWhetherGradientsAreNeeded) {
  const Problem problem({16, 128, 1, 128}, at::kFloat);
  const auto hidden = [&problem] {
    return LstmLayer(problem.leaves[0], {problem.leaves[1], problem.leaves[2],
                                         problem.leaves[3], problem.leaves[4]});
  };
  EXPECT_TRUE(at::equal(hidden(), problem.Hidden(LstmMethod::kProducts)));
  const c10::NoGradGuard no_grad;
  EXPECT_TRUE(at::equal(hidden(), problem.Hidden(LstmMethod::kTorch)));
}

}  // namespace
}  // namespace stagecoach
