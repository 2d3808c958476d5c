#include "services/train/sgd.h"

#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <utility>

namespace stagecoach {

Sgd::Sgd(double momentum, double weight_decay,
         std::vector<at::Tensor> parameters)
    : momentum_(momentum),
      weight_decay_(weight_decay),
      parameters_(std::move(parameters)) {
  // Without momentum, libtorch insists on no buffers.
  if (momentum_ == 0) return;
  const c10::NoGradGuard no_grad;
  slots_.push_back({"momentum", {}});
  for (const at::Tensor& parameter : parameters_) {
    slots_[0].tensors.push_back(at::zeros_like(parameter));
  }
}

void Sgd::Update(const std::vector<at::Tensor>& gradients,
                 double learning_rate) {
  const c10::NoGradGuard no_grad;
  const at::TensorList buffers =
      slots_.empty() ? at::TensorList() : slots_.front().tensors;
  // From buffers of zeros, the first step is like any other.
  at::_fused_sgd_(parameters_, gradients, buffers, weight_decay_, momentum_,
                  learning_rate, /*dampening=*/0.0,
                  /*nesterov=*/false, /*maximize=*/false,
                  /*is_first_step=*/false);
}

}  // namespace stagecoach
