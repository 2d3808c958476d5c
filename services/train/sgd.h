// Stochastic gradient descent with momentum; the same steps as
// torch.optim.SGD.

#ifndef SERVICES_TRAIN_SGD_H_
#define SERVICES_TRAIN_SGD_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "services/train/optimizer.h"

namespace stagecoach {

class Sgd final : public Optimizer {
 public:
  Sgd(double momentum, double weight_decay, std::vector<at::Tensor> parameters);

  // `momentum`: the last step over the learning rate; nothing without it.
  const std::vector<OptimizerSlot>& slots() const override { return slots_; }

 private:
  void Update(const std::vector<at::Tensor>& gradients,
              double learning_rate) override;

  const double momentum_;
  const double weight_decay_;
  std::vector<at::Tensor> parameters_;
  std::vector<OptimizerSlot> slots_;
};

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_SGD_H_
