// The gradients of an LSTM layer's parameters and sequences, from those of its
// gates.

#ifndef SERVICES_COMMON_MODEL_FUSED_LSTM_GRADIENTS_H_
#define SERVICES_COMMON_MODEL_FUSED_LSTM_GRADIENTS_H_

#include <cstdint>

#include "services/common/model/fused_gemm.h"
#include "services/common/model/fused_lstm.h"
#include "services/common/model/fused_lstm_layout.h"
#include "services/common/model/fused_vector.h"

namespace stagecoach {

template <typename T, int kBytes>
class FusedLstmGradients {
 public:
  using Layout = FusedLstmLayout<T, kBytes>;

  // After the gradients of all gates are in the workspace.
  static void Write(const FusedLstmSizes& sizes, const Layout& at,
                    const FusedLstmParameters<T>& grad_parameters) {
    GradWeightHidden(sizes, at, grad_parameters.weight_hh);
    GradWeightInput(sizes, at, grad_parameters.weight_ih);
    GradBias(sizes, at, grad_parameters);
  }

  static void WriteSequences(const FusedLstmSizes& sizes, const Layout& at,
                             const T* weight_ih, FusedSequences<T> to) {
    Pack(weight_ih, sizes.hidden, sizes.input, at.input_row, at.weight_ih_back);
    const T* grad_gates = at.grad_gates;
    for (int64_t step = 0; step < sizes.steps; ++step) {
      T* const rows = to.at + step * to.step_stride;
      for (int64_t row = 0; row < sizes.batch; ++row) {
        V::Fill(rows + row * to.row_stride, sizes.input);
      }
      AddProducts(sizes.batch, sizes.hidden, at, grad_gates, at.weight_ih_back,
                  at.input_row, rows, to.row_stride, sizes.input);
      grad_gates += sizes.batch * at.gates_row;
    }
  }

  // Packs a weight [4 hidden, columns] for AddProducts.
  static void Pack(const T* weight, int64_t hidden, int64_t columns,
                   int64_t packed_row, T* packed) {
    for (int64_t gate = 0; gate < kFusedGates; ++gate) {
      Gemm::Pack(weight + gate * hidden * columns, columns, hidden, columns,
                 packed + gate * hidden * packed_row);
    }
  }

  // to [rows, columns] += grad_gates [rows, 4 hidden] weight
  static void AddProducts(int64_t rows, int64_t hidden, const Layout& at,
                          const T* grad_gates, const T* weight,
                          int64_t weight_row, T* to, int64_t to_row,
                          int64_t columns) {
    for (int64_t gate = 0; gate < kFusedGates; ++gate) {
      Gemm::MultiplyPacked({grad_gates + gate * at.row, at.gates_row, 1},
                           weight + gate * hidden * weight_row, to, to_row,
                           rows, columns, hidden);
    }
  }

 private:
  using V = Vectors<T, kBytes>;
  using Gemm = SmallGemm<T, kBytes>;

  static void GradWeightHidden(const FusedLstmSizes& sizes, const Layout& at,
                               T* to) {
    V::Fill(to, kFusedGates * sizes.hidden * sizes.hidden);
    const T* const grad_gates = at.grad_gates + sizes.batch * at.gates_row;
    for (int64_t gate = 0; gate < kFusedGates; ++gate) {
      Gemm::Multiply({grad_gates + gate * at.row, 1, at.gates_row}, at.hidden,
                     at.row, to + gate * sizes.hidden * sizes.hidden,
                     sizes.hidden, sizes.hidden, sizes.hidden,
                     (sizes.steps - 1) * sizes.batch);
    }
  }

  static void GradWeightInput(const FusedLstmSizes& sizes, const Layout& at,
                              T* to) {
    const int64_t rows = sizes.steps * sizes.batch;
    if (sizes.input >= V::kLanes) {
      V::Fill(to, kFusedGates * sizes.hidden * sizes.input);
      for (int64_t gate = 0; gate < kFusedGates; ++gate) {
        Gemm::Multiply({at.grad_gates + gate * at.row, 1, at.gates_row},
                       at.input, at.input_row,
                       to + gate * sizes.hidden * sizes.input, sizes.input,
                       sizes.hidden, sizes.input, rows);
      }
      return;
    }
    // Vectors along the few inputs would be mostly empty: along the gates, and
    // then transposed.
    V::Fill(at.grad_weight_ih, sizes.input * at.gates_row);
    Gemm::Multiply({at.input, 1, at.input_row}, at.grad_gates, at.gates_row,
                   at.grad_weight_ih, at.gates_row, sizes.input, at.gates_row,
                   rows);
    for (int64_t gate = 0; gate < kFusedGates; ++gate) {
      for (int64_t j = 0; j < sizes.hidden; ++j) {
        const T* from = at.grad_weight_ih + gate * at.row + j;
        for (int64_t k = 0; k < sizes.input; ++k) {
          *to++ = from[k * at.gates_row];
        }
      }
    }
  }

  static void GradBias(const FusedLstmSizes& sizes, const Layout& at,
                       const FusedLstmParameters<T>& grad_parameters) {
    V::Fill(at.bias, at.gates_row);
    const T* from = at.grad_gates;
    for (int64_t row = 0; row < sizes.steps * sizes.batch; ++row) {
      for (int64_t j = 0; j < at.gates_row; ++j) at.bias[j] += from[j];
      from += at.gates_row;
    }
    V::CopyRows(at.bias, at.row, grad_parameters.bias_ih, sizes.hidden,
                kFusedGates, sizes.hidden);
    V::CopyRows(at.bias, at.row, grad_parameters.bias_hh, sizes.hidden,
                kFusedGates, sizes.hidden);
  }
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_FUSED_LSTM_GRADIENTS_H_
