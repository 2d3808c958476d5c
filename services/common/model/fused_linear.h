// A linear layer, forward and backward, for one width of vectors.

#ifndef SERVICES_COMMON_MODEL_FUSED_LINEAR_H_
#define SERVICES_COMMON_MODEL_FUSED_LINEAR_H_

#include <cstdint>

#include "services/common/model/fused_gemm.h"
#include "services/common/model/fused_lstm.h"
#include "services/common/model/fused_vector.h"

namespace stagecoach {

template <typename T, int kBytes>
class FusedLinear {
 public:
  static int64_t WorkspaceSize(const FusedLinearSizes& sizes) {
    const int64_t forward = sizes.inputs * V::Padded(sizes.outputs);
    const int64_t backward = sizes.outputs * V::Padded(sizes.inputs);
    return forward < backward ? backward : forward;
  }

  static void Forward(const FusedLinearSizes& sizes,
                      const FusedLinearParameters<const T>& parameters,
                      FusedRows<const T> inputs, T* outputs, T* packed) {
    Gemm::PackTransposed(parameters.weight, sizes.inputs, sizes.inputs,
                         sizes.outputs, packed);
    V::CopyRows(parameters.bias, /*from_row=*/0, outputs, sizes.outputs,
                sizes.rows, sizes.outputs);
    Gemm::MultiplyPacked({inputs.at, inputs.row_stride, 1}, packed, outputs,
                         sizes.outputs, sizes.rows, sizes.outputs,
                         sizes.inputs);
  }

  static void Backward(const FusedLinearSizes& sizes,
                       const FusedLinearParameters<const T>& parameters,
                       FusedRows<const T> inputs, const T* grad_outputs,
                       T* packed,
                       const FusedLinearParameters<T>& grad_parameters,
                       FusedRows<T> grad_inputs) {
    V::Fill(grad_parameters.weight, sizes.outputs * sizes.inputs);
    Gemm::Multiply({grad_outputs, 1, sizes.outputs}, inputs.at,
                   inputs.row_stride, grad_parameters.weight, sizes.inputs,
                   sizes.outputs, sizes.inputs, sizes.rows);
    V::Fill(grad_parameters.bias, sizes.outputs);
    for (int64_t row = 0; row < sizes.rows; ++row) {
      for (int64_t j = 0; j < sizes.outputs; ++j) {
        grad_parameters.bias[j] += grad_outputs[row * sizes.outputs + j];
      }
      V::Fill(grad_inputs.at + row * grad_inputs.row_stride, sizes.inputs);
    }
    Gemm::Pack(parameters.weight, sizes.inputs, sizes.outputs, sizes.inputs,
               packed);
    Gemm::MultiplyPacked({grad_outputs, sizes.outputs, 1}, packed,
                         grad_inputs.at, grad_inputs.row_stride, sizes.rows,
                         sizes.inputs, sizes.outputs);
  }

 private:
  using V = Vectors<T, kBytes>;
  using Gemm = SmallGemm<T, kBytes>;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_FUSED_LINEAR_H_
