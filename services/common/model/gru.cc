// `gru`: nn.GRU(batch_first=True), and nn.Linear on its last step.

#include <ATen/ATen.h>

#include "services/common/model/recurrent_parameters.h"

namespace stagecoach {
namespace {

using Parameters = absl::Span<const at::Tensor>;

std::vector<ParameterSpec> GruParameters(const ModelShape& shape) {
  return RecurrentParameters("gru", /*gates=*/3, shape);
}

at::Tensor GruForward(const ModelShape& shape, Parameters parameters,
                      const at::Tensor& windows, const Dropout& dropout) {
  const at::Tensor zeros =
      at::zeros({1, windows.size(0), shape.hidden_size}, windows.options());
  at::Tensor sequences = windows.transpose(0, 1);
  for (int64_t layer = 0; layer < shape.layers; ++layer) {
    const Parameters own =
        parameters.subspan(kTensorsPerLayer * layer, kTensorsPerLayer);
    sequences = std::get<0>(
        at::gru(sequences, zeros, own, /*has_biases=*/true, /*num_layers=*/1,
                /*dropout=*/0.0, /*train=*/false, /*bidirectional=*/false,
                /*batch_first=*/false));
    const bool is_last = layer + 1 == shape.layers;
    if (is_last) sequences = sequences.select(/*dim=*/0, /*index=*/-1);
    sequences = dropout(sequences);
  }
  const Parameters linear = parameters.last(2);
  return at::linear(sequences, linear[0], linear[1]);
}

}  // namespace

extern const ModelKind kGru;
const ModelKind kGru = {"gru", GruParameters, GruForward,
                        /*training_step=*/nullptr};

}  // namespace stagecoach
