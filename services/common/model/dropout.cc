#include "services/common/model/dropout.h"

#include <ATen/ATen.h>

#include <utility>

namespace stagecoach {

Dropout::Dropout(double probability, at::Generator generator)
    : probability_(probability), generator_(std::move(generator)) {}

at::Tensor Dropout::operator()(const at::Tensor& values) const {
  if (probability_ == 0) return values;
  const double kept = 1 - probability_;
  // Drawn on the CPU, where the generator is.
  const at::Tensor mask = at::empty(values.sizes(), at::kFloat)
                              .bernoulli_(kept, generator_)
                              .div_(kept);
  return values * mask.to(values.options());
}

}  // namespace stagecoach
