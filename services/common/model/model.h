// A forecasting model of any kind, with PyTorch's parameter names, layout and
// initialisation, so that weights travel to and from PyTorch's modules.

#ifndef SERVICES_COMMON_MODEL_MODEL_H_
#define SERVICES_COMMON_MODEL_MODEL_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/model/dropout.h"
#include "services/common/model/model_kind.h"
#include "services/common/tensor/tensor_artifacts.h"

namespace stagecoach {

// Copies share their parameters.
//
// Threads: Forward may be called from several threads at once as long as
// nobody changes the parameters. Errors: libtorch's exceptions pass through.
class Model {
 public:
  // A new model: every parameter uniform around zero, drawn from `generator`
  // in the order of parameters(), as PyTorch does.
  static Model Create(const ModelKind& kind, const ModelShape& shape,
                      at::Generator& generator);

  // A model with the parameters in `weights`, which it keeps mapped and never
  // changes. FAILED_PRECONDITION: there are more or fewer tensors than the
  // model has, or one is missing or does not fit; the message names it.
  static absl::StatusOr<Model> Load(const ModelKind& kind,
                                    const ModelShape& shape,
                                    const SafetensorsView& weights);

  // A model whose parameters are copies, on `device`.
  Model CopyTo(at::Device device) const;
  // Takes the values of the parameters of `other`, a model of the same shape.
  void CopyFrom(const Model& other);

  // From windows [batch, lookback, input_size] to [batch, output_size].
  at::Tensor Forward(const at::Tensor& windows,
                     const Dropout& dropout = {}) const {
    return kind_->forward(shape_, tensors_, windows, dropout);
  }

  // How to train it without autograd and dropout, on up to `batch` windows at
  // once; null if autograd is not slower.
  std::unique_ptr<TrainingStep> MakeTrainingStep(int64_t batch) const;

  const ModelKind& kind() const { return *kind_; }
  const ModelShape& shape() const { return shape_; }
  // By name, and alone in the same order.
  const std::vector<NamedTensor>& parameters() const { return parameters_; }
  const std::vector<at::Tensor>& tensors() const { return tensors_; }

 private:
  Model(const ModelKind& kind, const ModelShape& shape,
        std::vector<NamedTensor> parameters);

  const ModelKind* kind_;
  ModelShape shape_;
  std::vector<NamedTensor> parameters_;
  std::vector<at::Tensor> tensors_;  // of parameters_
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_MODEL_H_
