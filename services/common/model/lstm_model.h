// The forecasting model: an LSTM and a linear layer on its last step, with
// PyTorch's parameter names, layout and initialisation, so that weights travel
// to and from `nn.LSTM(batch_first=True)` and `nn.Linear`.

#ifndef SERVICES_COMMON_MODEL_LSTM_MODEL_H_
#define SERVICES_COMMON_MODEL_LSTM_MODEL_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/model/training_step.h"
#include "services/common/tensor/tensor_artifacts.h"

namespace stagecoach {

struct LstmShape {
  // Values at each step of a window, >= 1.
  int64_t input_size = 1;
  // Units in a layer, >= 1.
  int64_t hidden_size = 50;
  // LSTM layers on top of each other, >= 1.
  int64_t layers = 1;
  // Values forecast from a window, >= 1.
  int64_t output_size = 1;

  friend bool operator==(const LstmShape&, const LstmShape&) = default;
};

// Copies share their parameters.
//
// Threads: Forward may be called from several threads at once as long as
// nobody changes the parameters. Errors: libtorch's exceptions pass through.
class LstmModel {
 public:
  // A new model: every parameter uniform within 1/sqrt(hidden_size) of zero,
  // drawn from `generator` in the order of parameters(), as PyTorch does.
  static LstmModel Create(const LstmShape& shape, at::Generator& generator);

  // A model with the parameters in `weights`, which it keeps mapped and never
  // changes. FAILED_PRECONDITION: there are more or fewer tensors than `shape`
  // has, or one is missing or does not fit; the message names it.
  static absl::StatusOr<LstmModel> Load(const LstmShape& shape,
                                        const SafetensorsView& weights);

  // From windows [batch, steps, input_size] to [batch, output_size].
  at::Tensor Forward(const at::Tensor& windows) const;

  // How to train it without autograd, on up to `batch` windows of `steps` steps
  // at once; null if autograd is not slower.
  std::unique_ptr<TrainingStep> MakeTrainingStep(int64_t batch,
                                                 int64_t steps) const;

  // `lstm.weight_ih_l0`, `lstm.weight_hh_l0`, `lstm.bias_ih_l0`,
  // `lstm.bias_hh_l0`, … by layer, `linear.weight`, `linear.bias`.
  const std::vector<NamedTensor>& parameters() const { return parameters_; }
  const LstmShape& shape() const { return shape_; }

 private:
  LstmModel(const LstmShape& shape, std::vector<NamedTensor> parameters);

  LstmShape shape_;
  std::vector<NamedTensor> parameters_;
  std::vector<at::Tensor> lstm_;  // those of parameters_ in front of `linear`
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_LSTM_MODEL_H_
