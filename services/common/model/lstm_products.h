// An LSTM layer of libtorch's matrix products, for sizes at which those count:
// a step is one product and one loop over the cells, and the backward pass
// needs no activations at all, because they are kept.

#ifndef SERVICES_COMMON_MODEL_LSTM_PRODUCTS_H_
#define SERVICES_COMMON_MODEL_LSTM_PRODUCTS_H_

#include <ATen/core/Tensor.h>

#include "services/common/model/lstm_layer.h"

namespace stagecoach {

// LstmLayer by LstmMethod::kProducts.
at::Tensor LstmByProducts(const at::Tensor& sequences,
                          const LstmLayerParameters& parameters);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_LSTM_PRODUCTS_H_
