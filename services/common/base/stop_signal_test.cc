#include "services/common/base/stop_signal.h"

#include <csignal>
#include <thread>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(StopSignalTest, WaitReturnsTheSignalThatCame) {
  for (const int number : {SIGTERM, SIGINT}) {
    StopSignal stop;
    EXPECT_FALSE(stop.requested());
    raise(number);
    EXPECT_TRUE(stop.requested());
    EXPECT_EQ(stop.Wait(), number);
  }
}

TEST(StopSignalTest, EveryWaiterIsWoken) {
  StopSignal stop;
  int first = 0;
  int second = 0;
  std::thread one([&] { first = stop.Wait(); });
  std::thread two([&] { second = stop.Wait(); });
  raise(SIGTERM);
  one.join();
  two.join();
  EXPECT_EQ(first, SIGTERM);
  EXPECT_EQ(second, SIGTERM);
}

TEST(StopSignalDeathTest, SecondSignalEndsTheProcessAtOnce) {
  EXPECT_EXIT(
      {
        StopSignal stop;
        raise(SIGTERM);
        raise(SIGINT);
      },
      testing::ExitedWithCode(128 + SIGINT), "");
}

TEST(StopSignalDeathTest, FormerHandlersAreBackAfterItsEnd) {
  EXPECT_EXIT(
      {
        { StopSignal stop; }
        raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace stagecoach
