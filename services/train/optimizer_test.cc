#include "services/train/optimizer.h"

#include <ATen/ATen.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

constexpr double kLearningRate = 0.05;

std::unique_ptr<torch::optim::Optimizer> PyTorchs(
    const OptimizerOptions& options, std::vector<at::Tensor> parameters) {
  if (options.name == "adam") {
    return std::make_unique<torch::optim::Adam>(
        parameters, torch::optim::AdamOptions(kLearningRate)
                        .weight_decay(options.weight_decay));
  }
  if (options.name == "adamw") {
    return std::make_unique<torch::optim::AdamW>(
        parameters, torch::optim::AdamWOptions(kLearningRate)
                        .weight_decay(options.weight_decay));
  }
  return std::make_unique<torch::optim::SGD>(
      parameters, torch::optim::SGDOptions(kLearningRate)
                      .momentum(options.momentum)
                      .weight_decay(options.weight_decay));
}

std::vector<at::Tensor> SomeParameters() {
  return {at::linspace(-1, 1, 35).view({5, 7}), at::full({3}, 2.0)};
}

std::vector<at::Tensor> SomeGradients(int step) {
  return {at::linspace(0, step, 35).cos().view({5, 7}),
          at::full({3}, step % 3 - 1.0)};
}

TEST(OptimizerTest, EveryOneTakesTheStepsOfPyTorch) {
  for (const OptimizerOptions& options : std::vector<OptimizerOptions>{
           {.name = "adam"},
           {.name = "adam", .weight_decay = 0.1},
           {.name = "adamw", .weight_decay = 0.1},
           {.name = "sgd", .momentum = 0},
           {.name = "sgd", .momentum = 0.9, .weight_decay = 0.1}}) {
    const std::vector<at::Tensor> ours = SomeParameters();
    const std::vector<at::Tensor> theirs = SomeParameters();
    const auto optimizer = MakeOptimizer(options, ours);
    const auto reference = PyTorchs(options, theirs);
    for (int step = 1; step <= 50; ++step) {
      const std::vector<at::Tensor> gradients = SomeGradients(step);
      for (size_t i = 0; i < theirs.size(); ++i) {
        theirs[i].mutable_grad() = gradients[i];
      }
      optimizer->Step(gradients, kLearningRate);
      reference->step();
      for (size_t i = 0; i < ours.size(); ++i) {
        ASSERT_TRUE(at::allclose(ours[i], theirs[i], /*rtol=*/1e-5,
                                 /*atol=*/1e-6))
            << options.name << " step " << step;
      }
    }
    EXPECT_EQ(optimizer->steps(), 50);
  }
}

TEST(OptimizerTest, FollowsALearningRateThatChanges) {
  for (const char* name : {"adam", "adamw", "sgd"}) {
    const std::vector<at::Tensor> parameters = SomeParameters();
    const auto optimizer = MakeOptimizer({.name = name}, parameters);
    optimizer->Step(SomeGradients(1), /*learning_rate=*/0);
    EXPECT_TRUE(at::equal(parameters[0], SomeParameters()[0])) << name;
    optimizer->Step(SomeGradients(1), /*learning_rate=*/0.1);
    EXPECT_FALSE(at::equal(parameters[0], SomeParameters()[0])) << name;
  }
}

}  // namespace
}  // namespace stagecoach
