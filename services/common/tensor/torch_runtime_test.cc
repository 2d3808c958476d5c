#include "services/common/tensor/torch_runtime.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include <limits>
#include <thread>

#include "gtest/gtest.h"
#include "services/common/base/cpu_limit.h"
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

TEST(TorchRuntimeTest, OnlyLargeOperationsAreWorthSeveralThreads) {
  EXPECT_EQ(TorchThreadsFor(0, 8), 1);
  // The reference job's product of 8 rows with a matrix of 200 x 50.
  EXPECT_EQ(TorchThreadsFor(8 * 200 * 50, 8), 1);
  EXPECT_EQ(TorchThreadsFor(64 * 4096 * 1024, 8), 8);
  EXPECT_EQ(TorchThreadsFor(64 * 4096 * 1024, 1), 1);
}

TEST(TorchRuntimeTest, ALargeExecutionGetsTheProcessorsThereAre) {
  std::thread worker([] {
    EXPECT_EQ(PrepareTorchThread(int64_t{1} << 40), CpuLimit());
    EXPECT_EQ(at::get_num_threads(), CpuLimit());
    EXPECT_EQ(PrepareTorchThread(), 1);
    EXPECT_EQ(at::get_num_threads(), 1);
  });
  worker.join();
}

TEST(TorchRuntimeTest, ExportsVersionAndThreads) {
  prometheus::Registry registry;
  prometheus::Gauge& threads = RegisterTorchMetrics(registry);
  EXPECT_EQ(MetricValue(registry, "stagecoach_torch_info",
                        "version=\"" TORCH_VERSION "\""),
            1);
  EXPECT_EQ(MetricValue(registry, "stagecoach_torch_threads", "kind=\"intra\""),
            1);
  threads.Set(4);
  EXPECT_EQ(MetricValue(registry, "stagecoach_torch_threads", "kind=\"intra\""),
            4);
  EXPECT_GE(MetricValue(registry, "stagecoach_torch_threads", "kind=\"inter\""),
            1);
}

}  // namespace
}  // namespace stagecoach
