#include "services/common/model/fused_lstm.h"

#include <cstdlib>
#include <string_view>
#include <vector>

#include "services/common/model/fused_lstm_isa.h"
#include "services/common/model/fused_lstm_kernel.h"

namespace stagecoach {
namespace {

#if defined(__x86_64__)
bool HasAvx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

// VBMI2 came with Ice Lake and Zen 4. Processors before them clock lower while
// they compute with 64 bytes, which may cost more than it gains.
bool HasFastAvx512() {
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vbmi2");
}
#endif

template <typename T>
std::vector<const FusedLstmKernel<T>*> Supported() {
  std::vector<const FusedLstmKernel<T>*> kernels;
#if defined(__x86_64__)
  if (HasFastAvx512()) kernels.push_back(&Avx512FusedLstm<T>());
  if (HasAvx2()) kernels.push_back(&Avx2FusedLstm<T>());
#endif
  // Vectors of 16 bytes: SSE2 on x86-64, NEON on AArch64.
  static const WideFusedLstmKernel<T, 16> portable("default");
  kernels.push_back(&portable);
  return kernels;
}

}  // namespace

template <typename T>
const std::vector<const FusedLstmKernel<T>*>& FusedLstmKernels() {
  static const auto* const kernels = new std::vector(Supported<T>());
  return *kernels;
}

template <typename T>
const FusedLstmKernel<T>& FusedLstmKernelFor(const char* capability) {
  const std::string_view wanted = capability == nullptr ? "" : capability;
  for (const FusedLstmKernel<T>* const kernel : FusedLstmKernels<T>()) {
    if (kernel->name() == wanted) return *kernel;
  }
  return *FusedLstmKernels<T>().front();
}

template <typename T>
const FusedLstmKernel<T>& BestFusedLstmKernel() {
  static const FusedLstmKernel<T>& kernel =
      FusedLstmKernelFor<T>(std::getenv("ATEN_CPU_CAPABILITY"));
  return kernel;
}

template const std::vector<const FusedLstmKernel<float>*>& FusedLstmKernels();
template const std::vector<const FusedLstmKernel<double>*>& FusedLstmKernels();
template const FusedLstmKernel<float>& FusedLstmKernelFor(const char*);
template const FusedLstmKernel<double>& FusedLstmKernelFor(const char*);
template const FusedLstmKernel<float>& BestFusedLstmKernel();
template const FusedLstmKernel<double>& BestFusedLstmKernel();

}  // namespace stagecoach
