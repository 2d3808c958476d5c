// Dropout (https://jmlr.org/papers/v15/srivastava14a.html), drawn from a
// generator of the caller's, so that a seed decides all of it.

#ifndef SERVICES_COMMON_MODEL_DROPOUT_H_
#define SERVICES_COMMON_MODEL_DROPOUT_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <optional>

namespace stagecoach {

// Threads: one at a time, unless it drops nothing.
class Dropout {
 public:
  // Drops nothing: for a model in use.
  Dropout() = default;
  // Sets each value to zero with `probability`, 0 <= probability < 1, and
  // scales the others up by 1 / (1 - probability), as torch.nn.Dropout does.
  // Draws nothing from `generator`, which it shares, if the probability is 0.
  Dropout(double probability, at::Generator generator);

  at::Tensor operator()(const at::Tensor& values) const;

 private:
  double probability_ = 0;
  mutable std::optional<at::Generator> generator_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_DROPOUT_H_
