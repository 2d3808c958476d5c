#include "services/common/tensor/torch_runtime.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <sys/mman.h>
#include <torch/version.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#include "absl/strings/match.h"
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
  EXPECT_EQ(TorchThreadsFor(int64_t{8} * 200 * 50, 8), 1);
  EXPECT_EQ(TorchThreadsFor(int64_t{64} * 4096 * 1024, 8), 8);
  EXPECT_EQ(TorchThreadsFor(int64_t{64} * 4096 * 1024, 1), 1);
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

bool KernelHasHugePages() {
  constexpr size_t kSize = 1 << 12;
  void* const page = mmap(nullptr, kSize, PROT_READ,
                          MAP_PRIVATE | MAP_ANONYMOUS, /*fd=*/-1, 0);
  const bool has = madvise(page, kSize, MADV_HUGEPAGE) == 0;
  munmap(page, kSize);
  return has;
}

// As /proc tells it, of the mapping that `address` is in.
bool MayHaveHugePages(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%zx-%zx ", &begin, &end) == 2) {
      const auto at = reinterpret_cast<uintptr_t>(address);
      here = begin <= at && at < end;
    }
    if (here && absl::StartsWith(line, "VmFlags:")) {
      return absl::StrContains(line, " hg");
    }
  }
  return false;
}

// main calls UseHugePagesForTensors, which is for the start of a process.
TEST(TorchRuntimeTest, OnlyLargeTensorsAskForHugePages) {
  if (!KernelHasHugePages()) GTEST_SKIP() << "this kernel has no huge pages";
  const at::Tensor large = at::zeros({2, 1024, 1024}, at::kFloat);
  EXPECT_TRUE(MayHaveHugePages(large.const_data_ptr<float>() + 1024));
  const at::Tensor small = at::zeros({1024}, at::kFloat);
  EXPECT_FALSE(MayHaveHugePages(small.const_data_ptr()));
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

int main(int argc, char** argv) {
  stagecoach::UseHugePagesForTensors();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
