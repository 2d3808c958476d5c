#include "tests/bench/training/lstm_problem.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/rand.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

namespace stagecoach {

LstmProblem::LstmProblem(const LstmProblemSizes& sizes)
    : x(at::rand({sizes.batch, sizes.steps, 1})),
      y(at::rand({sizes.batch, 1})) {
  const int64_t hidden = sizes.hidden;
  const double bound = 1 / std::sqrt(static_cast<double>(hidden));
  const std::vector<std::vector<int64_t>> shapes = {
      {4 * hidden, 1}, {4 * hidden, hidden}, {4 * hidden},
      {4 * hidden},    {1, hidden},          {1}};
  for (const std::vector<int64_t>& shape : shapes) {
    at::Tensor parameter = (at::rand(shape) * 2 - 1) * bound;
    parameters.push_back(parameter.requires_grad_(true));
  }
}

at::Tensor LstmProblem::Forward(LstmMethod method) const {
  const at::Tensor hidden =
      LstmLayerBy(method, x.transpose(0, 1),
                  {parameters[0], parameters[1], parameters[2], parameters[3]});
  return at::linear(hidden.select(0, -1), parameters[4], parameters[5]);
}

std::vector<at::Tensor> LstmProblem::Gradients(LstmMethod method) const {
  return torch::autograd::grad({at::mse_loss(Forward(method), y)}, parameters);
}

}  // namespace stagecoach
