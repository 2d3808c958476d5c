#include "services/common/model/lstm_model.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/model/lstm_layer.h"

namespace stagecoach {
namespace {

constexpr int64_t kTensorsPerLayer = 4;

struct ParameterShape {
  std::string name;
  std::vector<int64_t> shape;
};

std::vector<ParameterShape> ParameterShapes(const LstmShape& shape) {
  const int64_t hidden = shape.hidden_size;
  const int64_t gates = 4 * hidden;
  std::vector<ParameterShape> shapes;
  for (int64_t layer = 0; layer < shape.layers; ++layer) {
    const int64_t input = layer == 0 ? shape.input_size : hidden;
    const std::string suffix = absl::StrCat("_l", layer);
    shapes.push_back({"lstm.weight_ih" + suffix, {gates, input}});
    shapes.push_back({"lstm.weight_hh" + suffix, {gates, hidden}});
    shapes.push_back({"lstm.bias_ih" + suffix, {gates}});
    shapes.push_back({"lstm.bias_hh" + suffix, {gates}});
  }
  shapes.push_back({"linear.weight", {shape.output_size, hidden}});
  shapes.push_back({"linear.bias", {shape.output_size}});
  return shapes;
}

// Where LstmLayer was measured to be faster than libtorch's layer: 2 to 3 times
// for batches up to 8, about equal from there on; slower without gradients and
// for long sequences.
bool UsesLstmLayer(const at::Tensor& windows) {
  constexpr int64_t kMostSteps = 32;
  return c10::GradMode::is_enabled() && windows.size(1) <= kMostSteps;
}

}  // namespace

LstmModel::LstmModel(const LstmShape& shape,
                     std::vector<NamedTensor> parameters)
    : shape_(shape), parameters_(std::move(parameters)) {
  for (size_t i = 0; i + 2 < parameters_.size(); ++i) {
    lstm_.push_back(parameters_[i].tensor);
  }
}

LstmModel LstmModel::Create(const LstmShape& shape, at::Generator& generator) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(shape.hidden_size));
  std::vector<NamedTensor> parameters;
  for (ParameterShape& wanted : ParameterShapes(shape)) {
    at::Tensor tensor = at::empty(wanted.shape, at::kFloat);
    tensor.uniform_(-bound, bound, generator);
    parameters.push_back({std::move(wanted.name), std::move(tensor)});
  }
  return LstmModel(shape, std::move(parameters));
}

absl::StatusOr<LstmModel> LstmModel::Load(const LstmShape& shape,
                                          const SafetensorsView& weights) {
  const auto held = static_cast<int64_t>(weights.tensors().size());
  if (held != kTensorsPerLayer * shape.layers + 2) {
    return absl::FailedPreconditionError(
        absl::StrCat("the weights hold ", held, " tensors; an LSTM of ",
                     shape.layers, " layers and a linear layer have ",
                     kTensorsPerLayer * shape.layers + 2));
  }
  std::vector<NamedTensor> parameters;
  for (ParameterShape& wanted : ParameterShapes(shape)) {
    SC_ASSIGN_OR_RETURN(
        at::Tensor tensor,
        FindTensor(weights, wanted.name, Dtype::kF32, wanted.shape));
    parameters.push_back({std::move(wanted.name), std::move(tensor)});
  }
  return LstmModel(shape, std::move(parameters));
}

at::Tensor LstmModel::Forward(const at::Tensor& windows) const {
  const at::Tensor hidden = UsesLstmLayer(windows) ? ForwardByLayers(windows)
                                                   : ForwardByTorch(windows);
  const size_t linear = lstm_.size();
  return at::linear(hidden, parameters_[linear].tensor,
                    parameters_[linear + 1].tensor);
}

at::Tensor LstmModel::ForwardByLayers(const at::Tensor& windows) const {
  at::Tensor sequences = windows.transpose(0, 1);
  for (int64_t layer = 0; layer < shape_.layers; ++layer) {
    const at::Tensor* const first = &lstm_[kTensorsPerLayer * layer];
    sequences = LstmLayer(sequences, {first[0], first[1], first[2], first[3]});
  }
  return sequences.select(/*dim=*/0, /*index=*/-1);
}

at::Tensor LstmModel::ForwardByTorch(const at::Tensor& windows) const {
  const at::Tensor zeros =
      at::zeros({shape_.layers, windows.size(0), shape_.hidden_size});
  const at::Tensor outputs =
      std::get<0>(at::lstm(windows, {zeros, zeros}, lstm_, /*has_biases=*/true,
                           shape_.layers, /*dropout=*/0.0, /*train=*/false,
                           /*bidirectional=*/false, /*batch_first=*/true));
  return outputs.select(/*dim=*/1, /*index=*/-1);
}

}  // namespace stagecoach
