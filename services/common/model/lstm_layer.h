// One LSTM layer over whole sequences, forward and backward as one operation
// of autograd.
//
// libtorch's own layer spends most of its time on the overhead of a few dozen
// small operations for each step, and more in the backward pass. Here a step
// is one matrix product, the activations, and one loop over the cells; the
// backward pass needs no activations at all, because they are kept.

#ifndef SERVICES_COMMON_MODEL_LSTM_LAYER_H_
#define SERVICES_COMMON_MODEL_LSTM_LAYER_H_

#include <ATen/core/Tensor.h>

namespace stagecoach {

// The parameters of a layer as PyTorch has them, gates in the order input,
// forget, cell, output.
struct LstmLayerParameters {
  at::Tensor weight_ih;  // [4 hidden, input]
  at::Tensor weight_hh;  // [4 hidden, hidden]
  at::Tensor bias_ih;    // [4 hidden]
  at::Tensor bias_hh;    // [4 hidden]
};

// The hidden states [steps, batch, hidden] after each step of `sequences`
// [steps, batch, input], starting from zero; the equations are those of
// torch.nn.LSTM. All tensors are of one type, float or double, on the CPU.
// Differentiable once.
//
// Threads: any. Errors: libtorch's exceptions pass through.
at::Tensor LstmLayer(const at::Tensor& sequences,
                     const LstmLayerParameters& parameters);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_LSTM_LAYER_H_
