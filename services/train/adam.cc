#include "services/train/adam.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <utility>

namespace stagecoach {

Adam::Adam(const AdamOptions& options, std::vector<at::Tensor> parameters)
    : options_(options),
      parameters_(std::move(parameters)),
      step_(at::zeros({}, at::kFloat)),
      step_of_all_(parameters_.size(), step_) {
  const c10::NoGradGuard no_grad;
  for (const at::Tensor& parameter : parameters_) {
    first_.push_back(at::zeros_like(parameter));
    second_.push_back(at::zeros_like(parameter));
  }
}

void Adam::Step(const std::vector<at::Tensor>& gradients) {
  const c10::NoGradGuard no_grad;
  step_.fill_(++steps_);
  at::_fused_adam_(parameters_, gradients, first_, second_,
                   /*max_exp_avg_sqs=*/{}, step_of_all_, options_.learning_rate,
                   options_.beta1, options_.beta2,
                   /*weight_decay=*/0.0, options_.epsilon, /*amsgrad=*/false,
                   /*maximize=*/false);
}

}  // namespace stagecoach
