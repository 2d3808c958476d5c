// What makes a kind of model: a file of its own defines one of these, and
// `model_kinds` in CMakeLists.txt names it. Nothing else knows the kinds.

#ifndef SERVICES_COMMON_MODEL_MODEL_KIND_H_
#define SERVICES_COMMON_MODEL_MODEL_KIND_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/model/dropout.h"
#include "services/common/model/training_step.h"

namespace stagecoach {

struct ModelShape {
  // Values at each step of a window, >= 1.
  int64_t input_size = 1;
  // Units in a layer, >= 1.
  int64_t hidden_size = 50;
  // Hidden layers on top of each other, >= 1.
  int64_t layers = 1;
  // Values forecast from a window, >= 1.
  int64_t output_size = 1;
  // Steps in a window, >= 1.
  int64_t lookback = 1;

  friend bool operator==(const ModelShape&, const ModelShape&) = default;
};

struct ParameterSpec {
  std::string name;
  std::vector<int64_t> shape;
  // A new one is drawn uniformly from within this of zero.
  double initial_bound = 0;
};

struct ModelKind {
  // As the parameter `model` and the weights' metadata call it.
  const char* name;

  // The parameters, named, laid out and initialised as PyTorch does.
  std::vector<ParameterSpec> (*parameters)(const ModelShape& shape);

  // From windows [batch, lookback, input_size] to [batch, output_size]; the
  // values are those of `parameters`, in that order. Differentiable, and safe
  // to call from several threads at once. `dropout` follows every hidden
  // layer. Errors: libtorch's exceptions pass through.
  at::Tensor (*forward)(const ModelShape& shape,
                        absl::Span<const at::Tensor> parameters,
                        const at::Tensor& windows, const Dropout& dropout);

  // How to train without autograd and dropout, on up to `batch` windows at
  // once; null, also as a result, if autograd is not slower.
  std::unique_ptr<TrainingStep> (*training_step)(
      const ModelShape& shape, absl::Span<const at::Tensor> parameters,
      int64_t batch);
};

// All kinds, the default first, and their names.
absl::Span<const ModelKind* const> ModelKinds();
std::vector<absl::string_view> ModelNames();

// FAILED_PRECONDITION with the names there are, if there is none of that name.
absl::StatusOr<const ModelKind*> FindModelKind(absl::string_view name);

// The last layer of most kinds: `linear.weight` and `linear.bias`, from
// `input_size` values to the shape's output.
std::vector<ParameterSpec> LinearParameters(absl::string_view name,
                                            int64_t input_size,
                                            int64_t output_size);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_MODEL_KIND_H_
