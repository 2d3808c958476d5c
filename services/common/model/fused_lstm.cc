#include "services/common/model/fused_lstm.h"

#include "services/common/model/fused_lstm_isa.h"
#include "services/common/model/fused_lstm_kernel.h"

namespace stagecoach {
namespace {

#if defined(__x86_64__)
bool HasAvx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

}  // namespace

// Vectors of 16 bytes: SSE2 on x86-64, NEON on AArch64.
template <>
const FusedLstmKernel<float>& PortableFusedLstmKernel() {
  static const WideFusedLstmKernel<float, 16> kernel("portable");
  return kernel;
}

template <>
const FusedLstmKernel<double>& PortableFusedLstmKernel() {
  static const WideFusedLstmKernel<double, 16> kernel("portable");
  return kernel;
}

template <>
const FusedLstmKernel<float>& BestFusedLstmKernel() {
#if defined(__x86_64__)
  if (HasAvx2()) return Avx2FusedLstmFloat();
#endif
  return PortableFusedLstmKernel<float>();
}

template <>
const FusedLstmKernel<double>& BestFusedLstmKernel() {
#if defined(__x86_64__)
  if (HasAvx2()) return Avx2FusedLstmDouble();
#endif
  return PortableFusedLstmKernel<double>();
}

}  // namespace stagecoach
