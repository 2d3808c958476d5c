#include "services/common/tensor/torch_runtime.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <prometheus/gauge.h>
#include <torch/version.h>

namespace stagecoach {
namespace {

constexpr int kIntraOpThreads = 1;

}  // namespace

void PrepareTorchThread() {
  at::set_num_threads(kIntraOpThreads);
  at::globalContext().setFlushDenormal(true);
}

void RegisterTorchMetrics(prometheus::Registry& registry) {
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
  threads.Add({{"kind", "intra"}}).Set(kIntraOpThreads);
  threads.Add({{"kind", "inter"}}).Set(at::get_num_interop_threads());
}

}  // namespace stagecoach
