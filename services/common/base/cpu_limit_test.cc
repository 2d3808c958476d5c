#include "services/common/base/cpu_limit.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::Le;
using testing::Optional;

// Files as below /.
class CpuLimitTest : public testing::Test {
 protected:
  ~CpuLimitTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  const std::string root_ =
      testing::TempDir() + "/" +
      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(CpuLimitTest, ThereIsNoQuotaWithoutFiles) {
  EXPECT_EQ(CgroupCpuQuota(root_), std::nullopt);
}

TEST_F(CpuLimitTest, ReadsVersionTwo) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_THAT(CgroupCpuQuota(root_), Optional(1.5));
}

TEST_F(CpuLimitTest, MaxIsNoQuota) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(CgroupCpuQuota(root_), std::nullopt);
}

TEST_F(CpuLimitTest, TheLeastOfAllAboveCounts) {
  Write("/proc/self/cgroup", "0::/pods/one\n");
  Write("/sys/fs/cgroup/pods/cpu.max", "200000 100000\n");
  Write("/sys/fs/cgroup/pods/one/cpu.max", "400000 100000\n");
  EXPECT_THAT(CgroupCpuQuota(root_), Optional(2.0));
}

TEST_F(CpuLimitTest, ReadsVersionOne) {
  Write("/proc/self/cgroup", "4:memory:/\n2:cpu,cpuacct:/one\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpuQuota(root_), std::nullopt);
  Write("/sys/fs/cgroup/cpu/one/cpu.cfs_quota_us", "50000\n");
  Write("/sys/fs/cgroup/cpu/one/cpu.cfs_period_us", "100000\n");
  EXPECT_THAT(CgroupCpuQuota(root_), Optional(0.5));
}

TEST(CpuLimitHereTest, IsWithinWhatTheMachineHas) {
  EXPECT_THAT(
      CpuLimit(),
      AllOf(Ge(1), Le(std::max(1, static_cast<int>(
                                      std::thread::hardware_concurrency())))));
}

}  // namespace
}  // namespace stagecoach
