#include "services/common/model/lstm_model.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/model/lstm_layer.h"
#include "services/common/model/lstm_training_step.h"

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
  at::Tensor sequences = windows.transpose(0, 1);
  for (int64_t layer = 0; layer < shape_.layers; ++layer) {
    const at::Tensor* const first = &lstm_[kTensorsPerLayer * layer];
    sequences = LstmLayer(sequences, {first[0], first[1], first[2], first[3]});
  }
  const at::Tensor hidden = sequences.select(/*dim=*/0, /*index=*/-1);
  const size_t linear = lstm_.size();
  return at::linear(hidden, parameters_[linear].tensor,
                    parameters_[linear + 1].tensor);
}

std::unique_ptr<TrainingStep> LstmModel::MakeTrainingStep(int64_t batch,
                                                          int64_t steps) const {
  std::vector<at::Tensor> parameters;
  for (const NamedTensor& parameter : parameters_) {
    parameters.push_back(parameter.tensor);
  }
  return MakeLstmTrainingStep(parameters, batch, steps);
}

}  // namespace stagecoach
