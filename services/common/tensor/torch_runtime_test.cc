#include "services/common/tensor/torch_runtime.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include <limits>
#include <thread>

#include "gtest/gtest.h"
#include "services/common/base/metrics.h"

namespace stagecoach {
namespace {

TEST(TorchRuntimeTest, AThreadComputesAloneAndWithoutDenormals) {
  std::thread worker([] {
    PrepareTorchThread();
    EXPECT_EQ(at::get_num_threads(), 1);
    const at::Tensor smallest =
        at::full({8}, std::numeric_limits<float>::min(), at::kFloat);
    EXPECT_EQ((smallest * 0.5).sum().item<float>(), 0.0f);
  });
  worker.join();
}

TEST(TorchRuntimeTest, ExportsVersionAndThreads) {
  prometheus::Registry registry;
  RegisterTorchMetrics(registry);
  EXPECT_EQ(MetricValue(registry, "stagecoach_torch_info",
                        "version=\"" TORCH_VERSION "\""),
            1);
  EXPECT_EQ(MetricValue(registry, "stagecoach_torch_threads", "kind=\"intra\""),
            1);
  EXPECT_GE(MetricValue(registry, "stagecoach_torch_threads", "kind=\"inter\""),
            1);
}

}  // namespace
}  // namespace stagecoach
