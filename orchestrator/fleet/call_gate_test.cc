#include "orchestrator/fleet/call_gate.h"

#include <thread>
#include <utility>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(CallGateTest, LetsNobodyInOnceItIsClosed) {
  CallGate gate;
  EXPECT_TRUE(gate.Enter());
  gate.Close();
  EXPECT_FALSE(gate.Enter());
  gate.AwaitEmpty();
}

TEST(CallGateTest, WaitsForThoseWhoAreInside) {
  CallGate gate;
  bool left = false;
  CallGate::Pass pass = gate.Enter();
  gate.Close();
  std::thread leaving([&left, pass = std::move(pass)]() mutable {
    left = true;
    const CallGate::Pass last = std::move(pass);
  });
  gate.AwaitEmpty();
  EXPECT_TRUE(left);
  leaving.join();
}

TEST(CallGateTest, AMovedPassIsLeftOnce) {
  CallGate gate;
  {
    CallGate::Pass first = gate.Enter();
    CallGate::Pass second = std::move(first);
    EXPECT_TRUE(second);
    second = CallGate::Pass();
    EXPECT_FALSE(second);
  }
  gate.AwaitEmpty();
  EXPECT_TRUE(gate.Enter());
}

}  // namespace
}  // namespace stagecoach
