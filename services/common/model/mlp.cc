// `mlp`: all values of a window through hidden layers, each nn.Linear, nn.ReLU
// and nn.Dropout of an nn.Sequential called `mlp`, and nn.Linear on top.

#include <ATen/ATen.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/model/model_kind.h"

namespace stagecoach {
namespace {

// Of the nn.Sequential, for each hidden layer.
constexpr int64_t kModulesPerLayer = 3;

std::vector<ParameterSpec> MlpParameters(const ModelShape& shape) {
  std::vector<ParameterSpec> parameters;
  int64_t input = shape.lookback * shape.input_size;
  const auto add = [&](absl::string_view name, int64_t output) {
    for (ParameterSpec& parameter : LinearParameters(name, input, output)) {
      parameters.push_back(std::move(parameter));
    }
    input = output;
  };
  for (int64_t layer = 0; layer < shape.layers; ++layer) {
    add(absl::StrCat("mlp.", kModulesPerLayer * layer), shape.hidden_size);
  }
  add("linear", shape.output_size);
  return parameters;
}

at::Tensor MlpForward(const ModelShape& shape,
                      absl::Span<const at::Tensor> parameters,
                      const at::Tensor& windows, const Dropout& dropout) {
  at::Tensor values = windows.flatten(/*start_dim=*/1);
  for (int64_t layer = 0; layer < shape.layers; ++layer) {
    values = dropout(at::relu(
        at::linear(values, parameters[2 * layer], parameters[2 * layer + 1])));
  }
  const absl::Span<const at::Tensor> linear = parameters.last(2);
  return at::linear(values, linear[0], linear[1]);
}

}  // namespace

extern const ModelKind kMlp;
const ModelKind kMlp = {"mlp", MlpParameters, MlpForward,
                        /*training_step=*/nullptr};

}  // namespace stagecoach
