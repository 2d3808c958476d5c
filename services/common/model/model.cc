#include "services/common/model/model.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

Model::Model(const ModelKind& kind, const ModelShape& shape,
             std::vector<NamedTensor> parameters)
    : kind_(&kind), shape_(shape), parameters_(std::move(parameters)) {
  for (const NamedTensor& parameter : parameters_) {
    tensors_.push_back(parameter.tensor);
  }
}

Model Model::Create(const ModelKind& kind, const ModelShape& shape,
                    at::Generator& generator) {
  std::vector<NamedTensor> parameters;
  for (ParameterSpec& wanted : kind.parameters(shape)) {
    at::Tensor tensor = at::empty(wanted.shape, at::kFloat);
    tensor.uniform_(-wanted.initial_bound, wanted.initial_bound, generator);
    parameters.push_back({std::move(wanted.name), std::move(tensor)});
  }
  return Model(kind, shape, std::move(parameters));
}

absl::StatusOr<Model> Model::Load(const ModelKind& kind,
                                  const ModelShape& shape,
                                  const SafetensorsView& weights) {
  std::vector<ParameterSpec> specs = kind.parameters(shape);
  if (weights.tensors().size() != specs.size()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the weights hold ", weights.tensors().size(), " tensors; a model '",
        kind.name, "' of ", shape.layers, " layers has ", specs.size()));
  }
  std::vector<NamedTensor> parameters;
  for (ParameterSpec& wanted : specs) {
    SC_ASSIGN_OR_RETURN(
        at::Tensor tensor,
        FindTensor(weights, wanted.name, Dtype::kF32, wanted.shape));
    parameters.push_back({std::move(wanted.name), std::move(tensor)});
  }
  return Model(kind, shape, std::move(parameters));
}

std::unique_ptr<TrainingStep> Model::MakeTrainingStep(int64_t batch) const {
  if (kind_->training_step == nullptr) return nullptr;
  return kind_->training_step(shape_, tensors_, batch);
}

Model Model::CopyTo(at::Device device) const {
  const c10::NoGradGuard no_grad;
  std::vector<NamedTensor> parameters;
  for (const NamedTensor& parameter : parameters_) {
    parameters.push_back(
        {parameter.name, parameter.tensor.detach().to(device, at::kFloat,
                                                      /*non_blocking=*/false,
                                                      /*copy=*/true)});
  }
  return Model(*kind_, shape_, std::move(parameters));
}

void Model::CopyFrom(const Model& other) {
  const c10::NoGradGuard no_grad;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    tensors_[i].copy_(other.tensors_[i]);
  }
}

}  // namespace stagecoach
