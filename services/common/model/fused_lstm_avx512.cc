// Compiled for processors with AVX-512, and run on those only: nothing with
// code of its own may be included here but templates of the width.

#include "services/common/model/fused_lstm_isa.h"
#include "services/common/model/fused_lstm_kernel.h"

namespace stagecoach {

template <typename T>
const FusedLstmKernel<T>& Avx512FusedLstm() {
  static const WideFusedLstmKernel<T, 64> kernel("avx512");
  return kernel;
}

template const FusedLstmKernel<float>& Avx512FusedLstm();
template const FusedLstmKernel<double>& Avx512FusedLstm();

}  // namespace stagecoach
