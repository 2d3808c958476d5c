// What a workspace of FusedLstmKernel holds, for one width of vectors.
//
// Rows of hidden states, and every gate in rows of gates, are filled up to
// whole vectors.

#ifndef SERVICES_COMMON_MODEL_FUSED_LSTM_LAYOUT_H_
#define SERVICES_COMMON_MODEL_FUSED_LSTM_LAYOUT_H_

#include <cstdint>

#include "services/common/model/fused_lstm.h"
#include "services/common/model/fused_vector.h"

namespace stagecoach {

constexpr int kFusedGates = 4;

template <typename T, int kBytes>
struct FusedLstmLayout {
  using V = Vectors<T, kBytes>;

  // `workspace` may be null, to learn the size.
  FusedLstmLayout(const FusedLstmSizes& sizes, T* workspace)
      : row(V::Padded(sizes.hidden)),
        gates_row(kFusedGates * row),
        input_row(V::Padded(sizes.input)) {
    const int64_t rows = sizes.steps * sizes.batch;
    const auto take = [this, workspace](int64_t count) {
      T* const taken = workspace == nullptr ? nullptr : workspace + size;
      size += count;
      return taken;
    };
    hidden = take(rows * row);
    cells = take(rows * row);
    tanhs = take(rows * row);
    gates = take(rows * gates_row);
    input = take(rows * input_row);
    grad_gates = take(rows * gates_row);
    grad_hidden = take(sizes.batch * row);
    grad_cells = take(sizes.batch * row);
    bias = take(gates_row);
    weight_ih = take(sizes.input * gates_row);
    weight_hh = take(sizes.hidden * gates_row);
    weight_ih_back = take(kFusedGates * sizes.hidden * input_row);
    weight_hh_back = take(kFusedGates * sizes.hidden * row);
    grad_weight_ih = take(V::kLanes * gates_row);
  }

  int64_t row;        // of hidden and the like
  int64_t gates_row;  // of gates
  int64_t input_row;  // of input
  // Kept from forward to backward, [steps, batch, row] each:
  T* hidden;
  T* cells;
  T* tanhs;
  T* gates;  // activated
  T* input;
  // Used within one of them:
  T* grad_gates;
  T* grad_hidden;     // of one step
  T* grad_cells;      // of one step
  T* bias;            // the sum of both
  T* weight_ih;       // packed, gate by gate, [input, row] each
  T* weight_hh;       // packed, gate by gate, [hidden, row] each
  T* weight_ih_back;  // packed, gate by gate, [hidden, input_row] each
  T* weight_hh_back;  // packed, gate by gate, [hidden, row] each
  T* grad_weight_ih;  // [input, gates_row], for inputs less than a vector
  int64_t size = 0;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_FUSED_LSTM_LAYOUT_H_
