// Runs callbacks later, on one thread.

#ifndef SERVICES_COMMON_BASE_TIMER_QUEUE_H_
#define SERVICES_COMMON_BASE_TIMER_QUEUE_H_

#include <cstdint>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"

namespace stagecoach {

// Callbacks run one at a time, ordered by the time they are due and, for equal
// times, by the order of scheduling. They must be short: each delays the next.
//
// Threads:   every method may be called from any thread, also from a callback,
//            but for Shutdown and the destructor. No lock is held during a
//            callback.
// Ownership: `clock` must outlive the queue.
class TimerQueue {
 public:
  using TimerId = uint64_t;
  using Callback = absl::AnyInvocable<void()>;

  // Starts the thread.
  explicit TimerQueue(Clock& clock);

  // Without a thread: nothing runs but in RunDueForTest.
  struct ManualForTest {};
  TimerQueue(Clock& clock, ManualForTest);

  // As Shutdown.
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // Runs `callback` once `delay` (at once if <= 0) has passed on
  // `clock.Elapsed()`. After Shutdown the callback is dropped.
  TimerId Schedule(absl::Duration delay, Callback callback);

  // True: the callback will never run. False: it has run, is just running or
  // was never scheduled. Never waits.
  bool Cancel(TimerId id);

  // Drops what has not run and waits for a callback that is running.
  void Shutdown();

  // Callbacks that have not run yet.
  size_t pending() const;

  // Runs, on the calling thread, everything that is due at the clock's present
  // time, also what these callbacks schedule. Returns how many ran. For
  // queues made with ManualForTest.
  int RunDueForTest();

 private:
  // Due time, then order of scheduling.
  using Key = std::pair<absl::Duration, TimerId>;

  void RunThread();
  // The first callback if it is due, taken off the queue; else null.
  Callback TakeDueLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits until something may be due, is scheduled or the queue is stopped.
  void AwaitWorkLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;

  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  std::map<Key, Callback> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<TimerId, absl::Duration> due_by_id_ ABSL_GUARDED_BY(mutex_);
  TimerId next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Until when the thread sleeps unless it is woken: what is due later need not
  // wake it, also when it comes first now. In the past while it is awake.
  absl::Duration asleep_until_ ABSL_GUARDED_BY(mutex_) =
      -absl::InfiniteDuration();

  std::thread thread_;  // last: started when the rest stands
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_TIMER_QUEUE_H_
