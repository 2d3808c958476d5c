// The kernels of single kinds of processors; what is to be used is in
// fused_lstm.h. T is float or double.

#ifndef SERVICES_COMMON_MODEL_FUSED_LSTM_ISA_H_
#define SERVICES_COMMON_MODEL_FUSED_LSTM_ISA_H_

#include "services/common/model/fused_lstm.h"

namespace stagecoach {

// For x86-64 with AVX2 and FMA.
template <typename T>
const FusedLstmKernel<T>& Avx2FusedLstm();

// For x86-64 with AVX-512 (F, DQ, BW and VL).
template <typename T>
const FusedLstmKernel<T>& Avx512FusedLstm();

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_FUSED_LSTM_ISA_H_
