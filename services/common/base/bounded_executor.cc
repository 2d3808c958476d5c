#include "services/common/base/bounded_executor.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace stagecoach {

BoundedExecutor::BoundedExecutor(absl::string_view name, int threads,
                                 int queue_capacity)
    : name_(name), limit_(threads + queue_capacity) {
  absl::MutexLock lock(&join_mutex_);
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { RunThread(); });
  }
}

BoundedExecutor::~BoundedExecutor() { Shutdown(); }

absl::Status BoundedExecutor::Submit(Task task) {
  absl::MutexLock lock(&mutex_);
  if (stopped_) {
    return absl::UnavailableError(absl::StrCat(name_, " is shutting down"));
  }
  if (in_flight_ >= limit_) {
    return absl::ResourceExhaustedError(absl::StrCat(
        name_, " is full: ", in_flight_,
        " tasks are running or waiting, at most ", limit_, " may be"));
  }
  ++in_flight_;
  queue_.push_back(std::move(task));
  WakeOneLocked();
  return absl::OkStatus();
}

void BoundedExecutor::Shutdown() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    for (Sleeper* sleeper : idle_) Wake(*sleeper);
    idle_.clear();
  }
  absl::MutexLock lock(&join_mutex_);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

int BoundedExecutor::in_flight() const {
  absl::MutexLock lock(&mutex_);
  return in_flight_;
}

void BoundedExecutor::Wake(Sleeper& sleeper) {
  sleeper.woken = true;
  sleeper.changed.Signal();
}

// One thread at a time is on its way; it sees to it that the next one comes if
// there is more to do then. To wake one for each of many short tasks would take
// longer than to do them.
void BoundedExecutor::WakeOneLocked() {
  if (queue_.empty() || idle_.empty() || waking_) return;
  waking_ = true;
  Wake(*idle_.back());
  idle_.pop_back();
}

BoundedExecutor::Task BoundedExecutor::TakeLocked() {
  // One that is woken for a task may find that another has just taken it.
  while (queue_.empty()) {
    if (stopped_) return nullptr;
    Sleeper sleeper;
    idle_.push_back(&sleeper);
    while (!sleeper.woken) sleeper.changed.Wait(&mutex_);
    waking_ = false;
  }
  Task task = std::move(queue_.front());
  queue_.pop_front();
  WakeOneLocked();
  return task;
}

void BoundedExecutor::RunThread() {
  Task task;
  {
    absl::MutexLock lock(&mutex_);
    task = TakeLocked();
  }
  while (task) {
    task();
    task = nullptr;  // what it owns is gone before its place is free again
    absl::MutexLock lock(&mutex_);
    --in_flight_;
    task = TakeLocked();
  }
}

}  // namespace stagecoach
