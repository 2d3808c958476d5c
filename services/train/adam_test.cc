#include "services/train/adam.h"

#include <ATen/ATen.h>

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(AdamTest, StepsFollowThePaper) {
  AdamOptions options;
  options.learning_rate = 0.1;
  at::Tensor parameter = at::full({3}, 2.0, at::kFloat);
  Adam adam(options, {parameter});
  double value = 2, first = 0, second = 0;
  for (int step = 1; step <= 50; ++step) {
    const double gradient = std::cos(step);
    adam.Step({at::full({3}, gradient, at::kFloat)});

    first = options.beta1 * first + (1 - options.beta1) * gradient;
    second = options.beta2 * second + (1 - options.beta2) * gradient * gradient;
    const double mean = first / (1 - std::pow(options.beta1, step));
    const double square = second / (1 - std::pow(options.beta2, step));
    value -=
        options.learning_rate * mean / (std::sqrt(square) + options.epsilon);
    ASSERT_NEAR(parameter[1].item<double>(), value, 1e-5) << step;
  }
  EXPECT_EQ(adam.steps(), 50);
}

}  // namespace
}  // namespace stagecoach
