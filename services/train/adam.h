// Adam and AdamW, in one fused pass over each parameter; the same steps as
// torch.optim.Adam and torch.optim.AdamW.

#ifndef SERVICES_TRAIN_ADAM_H_
#define SERVICES_TRAIN_ADAM_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "services/train/optimizer.h"

namespace stagecoach {

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  // Whether the decay is applied beside the gradient: AdamW.
  bool decoupled = false;
};

class Adam final : public Optimizer {
 public:
  Adam(const AdamOptions& options, std::vector<at::Tensor> parameters);

  // `first` and `second`: the moments of the gradients.
  const std::vector<OptimizerSlot>& slots() const override { return slots_; }

 private:
  void Update(const std::vector<at::Tensor>& gradients,
              double learning_rate) override;

  const AdamOptions options_;
  std::vector<at::Tensor> parameters_;
  std::vector<OptimizerSlot> slots_;
  at::Tensor step_;                      // steps() as libtorch wants it
  std::vector<at::Tensor> step_of_all_;  // step_ once for each parameter
};

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_ADAM_H_
