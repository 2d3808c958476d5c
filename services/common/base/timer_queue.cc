#include "services/common/base/timer_queue.h"

namespace stagecoach {

TimerQueue::TimerQueue(Clock& clock)
    : clock_(clock), thread_([this] { RunThread(); }) {}

TimerQueue::TimerQueue(Clock& clock, ManualForTest) : clock_(clock) {}

TimerQueue::~TimerQueue() { Shutdown(); }

TimerQueue::TimerId TimerQueue::Schedule(absl::Duration delay,
                                         Callback callback) {
  const absl::Duration due = clock_.Elapsed() + delay;
  absl::MutexLock lock(&mutex_);
  const TimerId id = next_id_++;
  if (stopped_) return id;
  due_by_id_.emplace(id, due);
  queue_.emplace(Key(due, id), std::move(callback));
  if (due < asleep_until_) changed_.Signal();
  return id;
}

bool TimerQueue::Cancel(TimerId id) {
  Callback dropped;  // destroyed without the lock
  absl::MutexLock lock(&mutex_);
  const auto due = due_by_id_.find(id);
  if (due == due_by_id_.end()) return false;
  const auto timer = queue_.find(Key(due->second, id));
  dropped = std::move(timer->second);
  queue_.erase(timer);
  due_by_id_.erase(due);
  return true;
}

void TimerQueue::Shutdown() {
  std::map<Key, Callback> dropped;  // destroyed without the lock
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    queue_.swap(dropped);
    due_by_id_.clear();
    changed_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

size_t TimerQueue::pending() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size();
}

int TimerQueue::RunDueForTest() {
  for (int ran = 0;; ++ran) {
    Callback callback;
    {
      absl::MutexLock lock(&mutex_);
      callback = TakeDueLocked();
    }
    if (!callback) return ran;
    callback();
  }
}

void TimerQueue::RunThread() {
  for (;;) {
    Callback callback;
    {
      absl::MutexLock lock(&mutex_);
      while (!stopped_ && !(callback = TakeDueLocked())) AwaitWorkLocked();
      if (stopped_) return;
    }
    callback();
  }
}

TimerQueue::Callback TimerQueue::TakeDueLocked() {
  if (queue_.empty()) return nullptr;
  const auto first = queue_.begin();
  if (first->first.first > clock_.Elapsed()) return nullptr;
  Callback callback = std::move(first->second);
  due_by_id_.erase(first->first.second);
  queue_.erase(first);
  return callback;
}

void TimerQueue::AwaitWorkLocked() {
  asleep_until_ =
      queue_.empty() ? absl::InfiniteDuration() : queue_.begin()->first.first;
  // An infinite timeout waits without one.
  changed_.WaitWithTimeout(&mutex_, asleep_until_ - clock_.Elapsed());
  asleep_until_ = -absl::InfiniteDuration();
}

}  // namespace stagecoach
