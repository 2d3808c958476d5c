// A step of training without autograd, for models that know their own
// gradients. For small models, recording a graph and walking back through it
// takes longer than the arithmetic.

#ifndef SERVICES_COMMON_MODEL_TRAINING_STEP_H_
#define SERVICES_COMMON_MODEL_TRAINING_STEP_H_

#include <ATen/core/Tensor.h>

#include <vector>

namespace stagecoach {

// Threads: one at a time.
class TrainingStep {
 public:
  virtual ~TrainingStep() = default;

  // The mean squared error of the model over windows `x` [batch, steps, input]
  // and targets `y` [batch, output]; gradients() are then its gradients. Reads
  // the parameters as they are now.
  virtual double LossAndGradients(const at::Tensor& x, const at::Tensor& y) = 0;

  // In the order of the parameters; always the same tensors.
  virtual const std::vector<at::Tensor>& gradients() const = 0;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_TRAINING_STEP_H_
