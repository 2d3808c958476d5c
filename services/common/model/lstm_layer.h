// One LSTM layer over whole sequences, forward and backward as one operation
// of autograd, by the method that is fastest for its sizes.
//
// libtorch's own layer spends most of its time on the overhead of a few dozen
// small operations for each step, and more in the backward pass.

#ifndef SERVICES_COMMON_MODEL_LSTM_LAYER_H_
#define SERVICES_COMMON_MODEL_LSTM_LAYER_H_

#include <ATen/core/Tensor.h>

#include "services/common/model/fused_lstm.h"

namespace stagecoach {

// The parameters of a layer as PyTorch has them, gates in the order input,
// forget, cell, output.
struct LstmLayerParameters {
  at::Tensor weight_ih;  // [4 hidden, input]
  at::Tensor weight_hh;  // [4 hidden, hidden]
  at::Tensor bias_ih;    // [4 hidden]
  at::Tensor bias_hh;    // [4 hidden]
};

enum class LstmMethod {
  // All in one pass of FusedLstmKernel, which allocates nothing on its way.
  kFused,
  // libtorch's matrix products, and FusedLstmKernel's loops over the cells.
  kProducts,
  // libtorch's own layer.
  kTorch,
};

// What a forward pass is for: libtorch has a faster layer where no gradients
// will be asked of it.
enum class LstmPurpose { kTraining, kInference };

// The method that was measured to be the fastest; the tables are in the source.
LstmMethod ChooseLstmMethod(const FusedLstmSizes& sizes, LstmPurpose purpose);

// The hidden states [steps, batch, hidden] after each step of `sequences`
// [steps, batch, input], starting from zero; the equations are those of
// torch.nn.LSTM. All tensors are of one type, float or double; other devices
// than the CPU are libtorch's. Differentiable once.
//
// Threads: any. Errors: libtorch's exceptions pass through.
at::Tensor LstmLayer(const at::Tensor& sequences,
                     const LstmLayerParameters& parameters);

// The same by a given method. On the CPU.
at::Tensor LstmLayerBy(LstmMethod method, const at::Tensor& sequences,
                       const LstmLayerParameters& parameters);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_LSTM_LAYER_H_
