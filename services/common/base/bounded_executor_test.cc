#include "services/common/base/bounded_executor.h"

#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// Keeps a thread of an executor busy until it is let go, and may be gone before
// the thread has noticed that.
class Blocker {
 public:
  explicit Blocker(BoundedExecutor& executor) {
    EXPECT_OK(executor.Submit([signals = signals_] {
      signals->started.Notify();
      signals->go_on.WaitForNotification();
    }));
    signals_->started.WaitForNotification();
  }
  void LetGo() { signals_->go_on.Notify(); }

 private:
  struct Signals {
    absl::Notification started;
    absl::Notification go_on;
  };
  const std::shared_ptr<Signals> signals_ = std::make_shared<Signals>();
};

TEST(BoundedExecutorTest, RunsAsManyTasksAtOnceAsItHasThreads) {
  BoundedExecutor executor("pool", 3, 0);
  auto* barrier = new absl::Barrier(3);  // passes only with all three inside
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(executor.Submit([barrier] {
      if (barrier->Block()) delete barrier;
    }));
  }
  executor.Shutdown();
}

TEST(BoundedExecutorTest, RefusesATaskWhenThreadsAndQueueAreFull) {
  BoundedExecutor executor("pool", 1, 2);
  Blocker blocker(executor);
  std::vector<int> ran;
  ASSERT_OK(executor.Submit([&] { ran.push_back(1); }));
  ASSERT_OK(executor.Submit([&] { ran.push_back(2); }));
  EXPECT_THAT(executor.Submit([&] { ran.push_back(3); }),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("pool is full: 3 tasks")));
  EXPECT_EQ(executor.in_flight(), 3);
  blocker.LetGo();
  executor.Shutdown();
  EXPECT_THAT(ran, ElementsAre(1, 2));
}

TEST(BoundedExecutorTest, WithoutAQueueATaskNeedsAFreeThread) {
  BoundedExecutor executor("pool", 1, 0);
  Blocker blocker(executor);
  EXPECT_THAT(executor.Submit([] {}),
              StatusIs(absl::StatusCode::kResourceExhausted));
  blocker.LetGo();
}

TEST(BoundedExecutorTest, TheThreadThatWasBusyLastTakesTheNextTask) {
  BoundedExecutor executor("pool", 3, 0);
  const auto await_idle = [&executor] {
    while (executor.in_flight() > 0) std::this_thread::yield();
  };
  auto* barrier = new absl::Barrier(3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(executor.Submit([barrier] {
      if (barrier->Block()) delete barrier;
    }));
  }
  await_idle();  // now all three wait
  std::set<std::thread::id> threads;
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK(executor.Submit(
        [&threads] { threads.insert(std::this_thread::get_id()); }));
    await_idle();
  }
  EXPECT_THAT(threads, SizeIs(1));
}

TEST(BoundedExecutorTest, NoTaskIsForgottenHoweverThreadsFallAsleep) {
  constexpr int kTasks = 20'000;
  BoundedExecutor executor("pool", 3, 4);
  std::atomic<int> ran = 0;
  int taken = 0;
  for (int i = 0; i < kTasks; ++i) {
    if (executor.Submit([&ran] { ++ran; }).ok()) ++taken;
  }
  executor.Shutdown();
  EXPECT_EQ(ran, taken);
}

TEST(BoundedExecutorTest, ShutdownRunsWhatIsQueuedAndRefusesMore) {
  BoundedExecutor executor("pool", 1, 10);
  Blocker blocker(executor);
  std::atomic<int> ran = 0;
  for (int i = 0; i < 10; ++i) ASSERT_OK(executor.Submit([&] { ++ran; }));
  std::thread stopper([&] { executor.Shutdown(); });
  blocker.LetGo();
  executor.Shutdown();
  stopper.join();
  EXPECT_EQ(ran, 10);
  EXPECT_THAT(executor.Submit([] {}),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("pool is shutting down")));
}

}  // namespace
}  // namespace stagecoach
