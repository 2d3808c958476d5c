#include "services/train/adam.h"

#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <utility>

namespace stagecoach {

Adam::Adam(const AdamOptions& options, std::vector<at::Tensor> parameters)
    : options_(options),
      parameters_(std::move(parameters)),
      slots_({{"first", {}}, {"second", {}}}),
      step_(at::zeros({}, parameters_.front().options().requires_grad(false))),
      step_of_all_(parameters_.size(), step_) {
  const c10::NoGradGuard no_grad;
  for (const at::Tensor& parameter : parameters_) {
    for (OptimizerSlot& slot : slots_) {
      slot.tensors.push_back(at::zeros_like(parameter));
    }
  }
}

void Adam::Update(const std::vector<at::Tensor>& gradients,
                  double learning_rate) {
  const c10::NoGradGuard no_grad;
  step_.fill_(steps());
  const auto update = [&](auto&& fused) {
    fused(parameters_, gradients, slots_[0].tensors, slots_[1].tensors,
          /*max_exp_avg_sqs=*/at::TensorList(), step_of_all_, learning_rate,
          options_.beta1, options_.beta2, options_.weight_decay,
          options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  };
  if (options_.decoupled) {
    update([](auto&&... arguments) { at::_fused_adamw_(arguments...); });
  } else {
    update([](auto&&... arguments) { at::_fused_adam_(arguments...); });
  }
}

}  // namespace stagecoach
