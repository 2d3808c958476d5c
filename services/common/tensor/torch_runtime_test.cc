#include "services/common/tensor/torch_runtime.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <limits>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

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

TEST(TorchRuntimeTest, KnowsTheVersionOfLibtorch) {
  EXPECT_THAT(LibtorchVersion(), testing::ContainsRegex("^[0-9]+\\.[0-9]+"));
}

}  // namespace
}  // namespace stagecoach
