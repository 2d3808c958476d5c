#include "services/common/tensor/torch_runtime.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <prometheus/gauge.h>
#include <torch/version.h>

#include <cstdlib>

#include "services/common/base/cpu_limit.h"

namespace stagecoach {
namespace {

// Half a millisecond on one core of a present machine.
constexpr int64_t kLargeOperation = int64_t{1} << 24;

}  // namespace

int TorchThreadsFor(int64_t multiply_adds, int processors) {
  return multiply_adds < kLargeOperation ? 1 : processors;
}

void UseHugePagesForTensors() {
  // libtorch reads it when it allocates the first tensor, and has no other way.
  setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0);
}

int PrepareTorchThread(int64_t multiply_adds) {
  static const int processors = CpuLimit();
  const int threads = TorchThreadsFor(multiply_adds, processors);
  at::set_num_threads(threads);
  at::Context::setFlushDenormal(true);
  return threads;
}

prometheus::Gauge& RegisterTorchMetrics(prometheus::Registry& registry) {
  prometheus::BuildGauge()
      .Name("stagecoach_torch_info")
      .Help("Always 1; the version of libtorch.")
      .Register(registry)
      .Add({{"version", TORCH_VERSION}})
      .Set(1);
  auto& threads = prometheus::BuildGauge()
                      .Name("stagecoach_torch_threads")
                      .Help("Threads that libtorch computes with.")
                      .Register(registry);
  prometheus::Gauge& intra = threads.Add({{"kind", "intra"}});
  intra.Set(1);
  threads.Add({{"kind", "inter"}})
      .Set(static_cast<double>(at::get_num_interop_threads()));
  return intra;
}

}  // namespace stagecoach
