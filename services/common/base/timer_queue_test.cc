#include "services/common/base/timer_queue.h"

#include <atomic>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/fake_clock.h"

namespace stagecoach {
namespace {

class ManualTimerQueueTest : public testing::Test {
 protected:
  // A callback that adds `name` to `ran_`.
  TimerQueue::Callback Note(char name) {
    return [this, name] { ran_ += name; };
  }

  FakeClock clock_;
  TimerQueue timers_{clock_, TimerQueue::ManualForTest()};
  std::string ran_;
};

TEST_F(ManualTimerQueueTest, RunsACallbackExactlyWhenItsDelayHasPassed) {
  timers_.Schedule(absl::Seconds(10), Note('a'));
  clock_.Advance(absl::Seconds(10) - absl::Nanoseconds(1));
  EXPECT_EQ(timers_.RunDueForTest(), 0);
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(timers_.RunDueForTest(), 1);
  EXPECT_EQ(timers_.RunDueForTest(), 0);
  EXPECT_EQ(ran_, "a");
}

TEST_F(ManualTimerQueueTest, OrdersByDueTimeThenByScheduling) {
  timers_.Schedule(absl::Seconds(2), Note('c'));
  timers_.Schedule(absl::Seconds(1), Note('a'));
  timers_.Schedule(absl::Seconds(1), Note('b'));
  clock_.Advance(absl::Seconds(5));
  timers_.RunDueForTest();
  EXPECT_EQ(ran_, "abc");
}

TEST_F(ManualTimerQueueTest, CancelledCallbackNeverRunsAndIsReleased) {
  auto owned = std::make_shared<int>(1);
  const auto id = timers_.Schedule(absl::Seconds(1), [owned] { ++*owned; });
  EXPECT_TRUE(timers_.Cancel(id));
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_FALSE(timers_.Cancel(id));
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(timers_.RunDueForTest(), 0);
  EXPECT_EQ(*owned, 1);
}

TEST_F(ManualTimerQueueTest, CancelAfterItRanSaysFalse) {
  const auto id = timers_.Schedule(absl::ZeroDuration(), Note('a'));
  timers_.RunDueForTest();
  EXPECT_FALSE(timers_.Cancel(id));
}

TEST_F(ManualTimerQueueTest, CallbackMayScheduleAndCancel) {
  const auto later = timers_.Schedule(absl::Seconds(2), Note('x'));
  timers_.Schedule(absl::Seconds(1), [&] {
    EXPECT_TRUE(timers_.Cancel(later));
    timers_.Schedule(absl::ZeroDuration(), Note('b'));
  });
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(timers_.RunDueForTest(), 2);
  EXPECT_EQ(ran_, "b");
}

TEST_F(ManualTimerQueueTest, NothingRunsAfterShutdown) {
  timers_.Schedule(absl::ZeroDuration(), Note('a'));
  timers_.Shutdown();
  timers_.Schedule(absl::ZeroDuration(), Note('b'));
  EXPECT_EQ(timers_.RunDueForTest(), 0);
  EXPECT_EQ(timers_.pending(), 0u);
}

TEST(TimerQueueTest, ThreadRunsDueCallbacksInOrder) {
  TimerQueue timers(Clock::Real());
  std::string ran;
  absl::Notification scheduled;
  absl::Notification done;
  // The thread sees neither before both are there.
  timers.Schedule(absl::ZeroDuration(),
                  [&] { scheduled.WaitForNotification(); });
  timers.Schedule(absl::Milliseconds(2), [&] {
    ran += 'b';
    done.Notify();
  });
  timers.Schedule(absl::Milliseconds(1), [&] { ran += 'a'; });
  scheduled.Notify();
  done.WaitForNotification();
  EXPECT_EQ(ran, "ab");
}

TEST(TimerQueueTest, AnEarlierTimerOvertakesTheOneBeingWaitedFor) {
  TimerQueue timers(Clock::Real());
  absl::Notification done;
  timers.Schedule(absl::Hours(1), [] { FAIL() << "ran an hour early"; });
  timers.Schedule(absl::ZeroDuration(), [&] { done.Notify(); });
  done.WaitForNotification();
  EXPECT_EQ(timers.pending(), 1u);
}

TEST(TimerQueueTest, RunsWhatIsScheduledAfterACancelledOneInTime) {
  TimerQueue timers(Clock::Real());
  for (int i = 0; i < 200; ++i) {
    // The thread may sleep for either of the two, or for none.
    timers.Cancel(timers.Schedule(absl::Hours(1), [] {}));
    timers.Cancel(timers.Schedule(absl::Microseconds(50 * (i % 3)), [] {}));
    absl::Notification done;
    timers.Schedule(absl::Microseconds(100 * (i % 2)), [&] { done.Notify(); });
    done.WaitForNotification();
  }
}

TEST(TimerQueueTest, ShutdownWaitsForTheRunningCallback) {
  TimerQueue timers(Clock::Real());
  absl::Notification started;
  absl::Notification go_on;
  std::atomic<bool> finished = false;
  timers.Schedule(absl::ZeroDuration(), [&] {
    started.Notify();
    go_on.WaitForNotification();
    finished = true;
  });
  started.WaitForNotification();
  go_on.Notify();
  timers.Shutdown();
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace stagecoach
