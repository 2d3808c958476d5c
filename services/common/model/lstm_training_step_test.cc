#include "services/common/model/lstm_training_step.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/autograd/autograd.h>

#include <memory>
#include <ostream>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/model/lstm_layer.h"

namespace stagecoach {
namespace {

struct StepCase {
  int64_t layers;
  int64_t steps;
  int64_t input;
  int64_t hidden;
  int64_t outputs;
};

std::ostream& operator<<(std::ostream& out, const StepCase& sizes) {
  return out << sizes.layers << " layers, " << sizes.steps << "x" << sizes.input
             << " hidden " << sizes.hidden << " outputs " << sizes.outputs;
}

constexpr int64_t kBatch = 6;

struct Problem {
  explicit Problem(const StepCase& wanted) : sizes(wanted) {
    for (int64_t layer = 0; layer < sizes.layers; ++layer) {
      const int64_t input = layer == 0 ? sizes.input : sizes.hidden;
      Add({4 * sizes.hidden, input});
      Add({4 * sizes.hidden, sizes.hidden});
      Add({4 * sizes.hidden});
      Add({4 * sizes.hidden});
    }
    Add({sizes.outputs, sizes.hidden});
    Add({sizes.outputs});
  }

  at::Tensor Uniform(at::IntArrayRef shape) {
    at::Tensor tensor = at::empty(shape, at::kFloat);
    tensor.uniform_(-1, 1, generator);
    return tensor;
  }
  at::Tensor Windows(int64_t batch) {
    return Uniform({batch, sizes.steps, sizes.input});
  }
  at::Tensor Targets(int64_t batch) { return Uniform({batch, sizes.outputs}); }

  // By libtorch's layers and autograd.
  at::Tensor Loss(const at::Tensor& x, const at::Tensor& y) const {
    at::Tensor hidden = x.transpose(0, 1);
    for (int64_t layer = 0; layer < sizes.layers; ++layer) {
      const at::Tensor* const own = &parameters[4 * layer];
      hidden = LstmLayerBy(LstmMethod::kTorch, hidden,
                           {own[0], own[1], own[2], own[3]});
    }
    const at::Tensor* const linear = &parameters[4 * sizes.layers];
    return at::mse_loss(at::linear(hidden.select(0, -1), linear[0], linear[1]),
                        y);
  }

  const StepCase sizes;
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
  std::vector<at::Tensor> parameters;

 private:
  void Add(at::IntArrayRef shape) {
    parameters.push_back(Uniform(shape).requires_grad_(true));
  }
};

class LstmTrainingStepTest : public testing::TestWithParam<StepCase> {};

TEST_P(LstmTrainingStepTest, AgreesWithAutograd) {
  Problem problem(GetParam());
  const std::unique_ptr<TrainingStep> step =
      MakeLstmTrainingStep(problem.parameters, kBatch, problem.sizes.steps);
  ASSERT_NE(step, nullptr);
  // Also batches that are not full, one after the other.
  for (const int64_t batch : {kBatch, int64_t{1}, int64_t{5}, kBatch}) {
    const at::Tensor x = problem.Windows(batch);
    const at::Tensor y = problem.Targets(batch);
    const at::Tensor loss = problem.Loss(x, y);
    const std::vector<at::Tensor> expected =
        torch::autograd::grad({loss}, problem.parameters);
    EXPECT_NEAR(step->LossAndGradients(x, y), loss.item<double>(), 1e-5);
    ASSERT_EQ(step->gradients().size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(at::allclose(step->gradients()[i], expected[i],
                               /*rtol=*/1e-3, /*atol=*/1e-5))
          << "parameter " << i << ", batch " << batch;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, LstmTrainingStepTest,
                         testing::Values(StepCase{1, 4, 1, 50, 1},
                                         StepCase{1, 1, 1, 1, 1},
                                         StepCase{2, 5, 3, 7, 4},
                                         StepCase{3, 3, 9, 16, 12}));

TEST(LstmTrainingStepUseTest, FollowsTheParametersAsTheyChange) {
  Problem problem({1, 4, 1, 8, 1});
  const std::unique_ptr<TrainingStep> step =
      MakeLstmTrainingStep(problem.parameters, kBatch, 4);
  const at::Tensor x = problem.Windows(kBatch);
  const at::Tensor y = problem.Targets(kBatch);
  const double before = step->LossAndGradients(x, y);
  problem.parameters.back().data().add_(1);
  EXPECT_NEAR(step->LossAndGradients(x, y), problem.Loss(x, y).item<double>(),
              1e-5);
  EXPECT_GT(std::abs(step->LossAndGradients(x, y) - before), 0.1);
}

TEST(LstmTrainingStepUseTest, ThereIsNoneForDoubles) {
  Problem problem({1, 4, 1, 8, 1});
  for (at::Tensor& parameter : problem.parameters) {
    parameter = parameter.to(at::kDouble);
  }
  EXPECT_EQ(MakeLstmTrainingStep(problem.parameters, kBatch, 4), nullptr);
}

}  // namespace
}  // namespace stagecoach
