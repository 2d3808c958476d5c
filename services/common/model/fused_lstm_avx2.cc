// Compiled for processors with AVX2 and FMA, and run on those only: nothing
// with code of its own may be included here but templates of the width.

#include "services/common/model/fused_lstm_isa.h"
#include "services/common/model/fused_lstm_kernel.h"

namespace stagecoach {

const FusedLstmKernel<float>& Avx2FusedLstmFloat() {
  static const WideFusedLstmKernel<float, 32> kernel("avx2");
  return kernel;
}

const FusedLstmKernel<double>& Avx2FusedLstmDouble() {
  static const WideFusedLstmKernel<double, 32> kernel("avx2");
  return kernel;
}

}  // namespace stagecoach
