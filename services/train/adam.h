// Adam (https://arxiv.org/abs/1412.6980), in one fused pass over each
// parameter; the same steps as torch.optim.Adam.

#ifndef SERVICES_TRAIN_ADAM_H_
#define SERVICES_TRAIN_ADAM_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace stagecoach {

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

// Threads: one at a time. Errors: libtorch's exceptions pass through.
class Adam {
 public:
  // Changes `parameters`, which share their memory with the caller's.
  Adam(const AdamOptions& options, std::vector<at::Tensor> parameters);

  // Takes one step against `gradients`, in the order of the parameters.
  void Step(const std::vector<at::Tensor>& gradients);

  // The state, in the order of the parameters; changed in place by Step and
  // when a checkpoint is restored.
  const std::vector<at::Tensor>& first_moments() const { return first_; }
  const std::vector<at::Tensor>& second_moments() const { return second_; }
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 private:
  const AdamOptions options_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> first_;
  std::vector<at::Tensor> second_;
  at::Tensor step_;                      // steps_ as libtorch wants it
  std::vector<at::Tensor> step_of_all_;  // step_ once for each parameter
  int64_t steps_ = 0;
};

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_ADAM_H_
