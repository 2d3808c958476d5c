#include "services/train/gradient_clip.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/zeros_like.h>
#include <torch/nn/utils/clip_grad.h>

#include <vector>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(GradientClipTest, ScalesAsPyTorchDoes) {
  for (const double maximum : {0.5, 3.0, 1000.0}) {
    const std::vector<at::Tensor> gradients = {at::linspace(-1, 2, 12),
                                               at::full({2, 3}, 0.7)};
    std::vector<at::Tensor> parameters;
    for (const at::Tensor& gradient : gradients) {
      parameters.push_back(at::zeros_like(gradient));
      parameters.back().mutable_grad() = gradient.clone();
    }
    torch::nn::utils::clip_grad_norm_(parameters, maximum);
    const std::vector<at::Tensor> clipped = ClipGradients(gradients, maximum);
    for (size_t i = 0; i < gradients.size(); ++i) {
      EXPECT_TRUE(at::allclose(clipped[i], parameters[i].grad())) << maximum;
    }
  }
}

TEST(GradientClipTest, ScalesGradientsThatAreOneTensorOnce) {
  const at::Tensor gradient = at::full({4}, 10.0);
  const std::vector<at::Tensor> clipped =
      ClipGradients({gradient, gradient}, /*maximum=*/1);
  EXPECT_NEAR(at::cat(clipped).norm().item<double>(), 1, 1e-5);
  EXPECT_TRUE(at::equal(gradient, at::full({4}, 10.0)));
}

}  // namespace
}  // namespace stagecoach
