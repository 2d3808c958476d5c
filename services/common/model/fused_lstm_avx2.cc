// Compiled for processors with AVX2 and FMA, and run on those only: nothing
// with code of its own may be included here but templates of the width.

#include "services/common/model/fused_lstm_isa.h"
#include "services/common/model/fused_lstm_kernel.h"

namespace stagecoach {

template <typename T>
const FusedLstmKernel<T>& Avx2FusedLstm() {
  static const WideFusedLstmKernel<T, 32> kernel("avx2");
  return kernel;
}

template const FusedLstmKernel<float>& Avx2FusedLstm();
template const FusedLstmKernel<double>& Avx2FusedLstm();

}  // namespace stagecoach
