// The kernels of single kinds of processors; what is to be used is in
// fused_lstm.h.

#ifndef SERVICES_COMMON_MODEL_FUSED_LSTM_ISA_H_
#define SERVICES_COMMON_MODEL_FUSED_LSTM_ISA_H_

#include "services/common/model/fused_lstm.h"

namespace stagecoach {

// For x86-64 with AVX2 and FMA.
const FusedLstmKernel<float>& Avx2FusedLstmFloat();
const FusedLstmKernel<double>& Avx2FusedLstmDouble();

// For x86-64 with AVX-512 (F, DQ, BW and VL).
const FusedLstmKernel<float>& Avx512FusedLstmFloat();
const FusedLstmKernel<double>& Avx512FusedLstmDouble();

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_FUSED_LSTM_ISA_H_
