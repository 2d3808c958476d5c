#include "services/train/gradient_clip.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

namespace stagecoach {

std::vector<at::Tensor> ClipGradients(const std::vector<at::Tensor>& gradients,
                                      double maximum) {
  const c10::NoGradGuard no_grad;
  const at::Tensor norm = at::stack(at::_foreach_norm(gradients)).norm();
  const at::Tensor factor = (maximum / (norm + 1e-6)).clamp_max(1.0);
  return at::_foreach_mul(gradients, factor);
}

}  // namespace stagecoach
