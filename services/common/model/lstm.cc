// `lstm`: nn.LSTM(batch_first=True), and nn.Linear on its last step.

#include <ATen/ops/linear.h>

#include <memory>

#include "services/common/model/lstm_layer.h"
#include "services/common/model/lstm_training_step.h"
#include "services/common/model/recurrent_parameters.h"

namespace stagecoach {
namespace {

using Parameters = absl::Span<const at::Tensor>;

std::vector<ParameterSpec> LstmParameters(const ModelShape& shape) {
  return RecurrentParameters("lstm", /*gates=*/4, shape);
}

at::Tensor LstmForward(const ModelShape& shape, Parameters parameters,
                       const at::Tensor& windows, const Dropout& dropout) {
  at::Tensor sequences = windows.transpose(0, 1);
  for (int64_t layer = 0; layer < shape.layers; ++layer) {
    const Parameters own =
        parameters.subspan(kTensorsPerLayer * layer, kTensorsPerLayer);
    sequences = LstmLayer(sequences, {own[0], own[1], own[2], own[3]});
    const bool is_last = layer + 1 == shape.layers;
    if (is_last) sequences = sequences.select(/*dim=*/0, /*index=*/-1);
    sequences = dropout(sequences);
  }
  const Parameters linear = parameters.last(2);
  return at::linear(sequences, linear[0], linear[1]);
}

std::unique_ptr<TrainingStep> LstmTrainingStep(const ModelShape& shape,
                                               Parameters parameters,
                                               int64_t batch) {
  return MakeLstmTrainingStep(parameters, batch, shape.lookback);
}

}  // namespace

extern const ModelKind kLstm;
const ModelKind kLstm = {"lstm", LstmParameters, LstmForward, LstmTrainingStep};

}  // namespace stagecoach
