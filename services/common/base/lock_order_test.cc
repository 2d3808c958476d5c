#include "services/common/base/lock_order.h"

#include <cstdlib>

#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

// Takes two locks in both orders, on one thread: harmless, but a sign of what
// could hang with two.
void LockInBothOrders() {
  absl::Mutex a;
  absl::Mutex b;
  {
    absl::MutexLock first(&a);
    absl::MutexLock second(&b);
  }
  absl::MutexLock first(&b);
  absl::MutexLock second(&a);
}

class LockOrderDeathTest : public testing::Test {
 protected:
  LockOrderDeathTest() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    unsetenv("STAGECOACH_CHECK_LOCK_ORDER");
  }
};

#ifdef NDEBUG
TEST_F(LockOrderDeathTest, ReleasedProgramsDoNotCheckIt) {
  EXPECT_EXIT(
      {
        ConfigureLockOrderChecks();
        LockInBothOrders();
        std::_Exit(0);
      },
      testing::ExitedWithCode(0), "");
}
#endif

TEST_F(LockOrderDeathTest, ItIsCheckedOnDemand) {
  EXPECT_DEATH(
      {
        setenv("STAGECOACH_CHECK_LOCK_ORDER", "1", 1);
        ConfigureLockOrderChecks();
        LockInBothOrders();
      },
      "");
}

}  // namespace
}  // namespace stagecoach
