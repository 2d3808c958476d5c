// Compiled for processors with AVX-512, and run on those only: nothing with
// code of its own may be included here but templates of the width.

#include "services/common/model/fused_lstm_isa.h"
#include "services/common/model/fused_lstm_kernel.h"

namespace stagecoach {

const FusedLstmKernel<float>& Avx512FusedLstmFloat() {
  static const WideFusedLstmKernel<float, 64> kernel("avx512");
  return kernel;
}

const FusedLstmKernel<double>& Avx512FusedLstmDouble() {
  static const WideFusedLstmKernel<double, 64> kernel("avx512");
  return kernel;
}

}  // namespace stagecoach
