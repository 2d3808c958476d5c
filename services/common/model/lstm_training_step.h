// The training step of LSTM layers with a linear layer on the last step.

#ifndef SERVICES_COMMON_MODEL_LSTM_TRAINING_STEP_H_
#define SERVICES_COMMON_MODEL_LSTM_TRAINING_STEP_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "absl/types/span.h"
#include "services/common/model/training_step.h"

namespace stagecoach {

// For `parameters` as torch.nn.LSTM has them, four for each layer, followed by
// weight and bias of the linear layer; they are read at each step, wherever
// they were allocated, and must stay there. Up to `batch` windows of `steps`
// steps at once.
//
// Null if LstmLayer takes another method than LstmMethod::kFused for one of the
// layers, or the parameters are not contiguous floats on the CPU: autograd is
// then not slower.
std::unique_ptr<TrainingStep> MakeLstmTrainingStep(
    absl::Span<const at::Tensor> parameters, int64_t batch, int64_t steps);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_LSTM_TRAINING_STEP_H_
