// What turns gradients into steps of the parameters.

#ifndef SERVICES_TRAIN_OPTIMIZER_H_
#define SERVICES_TRAIN_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace stagecoach {

struct OptimizerOptions {
  // `adam` (https://arxiv.org/abs/1412.6980), `adamw`
  // (https://arxiv.org/abs/1711.05101) or `sgd`; the steps are those of
  // torch.optim.
  std::string name = "adam";
  // Of sgd: part of the step before that each step repeats, 0 <= m < 1.
  double momentum = 0.9;
  // How strongly parameters are drawn to zero, >= 0: by the gradient, or in
  // adamw beside it.
  double weight_decay = 0;
};

// The tensors of an optimizer's state that are kept once for each parameter.
struct OptimizerSlot {
  std::string name;
  std::vector<at::Tensor> tensors;  // in the order of the parameters
};

// Threads: one at a time. Errors: libtorch's exceptions pass through.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Takes one step against `gradients`, in the order of the parameters.
  void Step(const std::vector<at::Tensor>& gradients, double learning_rate) {
    ++steps_;
    Update(gradients, learning_rate);
  }

  // The whole state; changed by Step, and in place when a checkpoint is
  // restored.
  virtual const std::vector<OptimizerSlot>& slots() const = 0;
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 private:
  virtual void Update(const std::vector<at::Tensor>& gradients,
                      double learning_rate) = 0;

  int64_t steps_ = 0;
};

// Changes `parameters`, which share their memory with the caller's. The name
// must be one of the three.
std::unique_ptr<Optimizer> MakeOptimizer(const OptimizerOptions& options,
                                         std::vector<at::Tensor> parameters);

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_OPTIMIZER_H_
