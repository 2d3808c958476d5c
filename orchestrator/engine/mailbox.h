// How other threads hand work to the engine's thread.

#ifndef ORCHESTRATOR_ENGINE_MAILBOX_H_
#define ORCHESTRATOR_ENGINE_MAILBOX_H_

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace stagecoach {

// Threads: Post from any thread, never blocks; the others from one reader.
class Mailbox {
 public:
  using Task = absl::AnyInvocable<void()>;

  // Adds a task; in the order of arrival. False, and the task is dropped,
  // after Close.
  bool Post(Task task) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (closed_) return false;
    tasks_.push_back(std::move(task));
    return true;
  }

  // Refuses further tasks; those already there can still be taken.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

  // Waits, at most `limit`, for a task or Close. Returns all tasks there are.
  std::vector<Task> Take(absl::Duration limit) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(this, &Mailbox::HasNews), limit);
    return std::exchange(tasks_, {});
  }

  bool closed() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }

 private:
  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || !tasks_.empty();
  }

  mutable absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Task> tasks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_MAILBOX_H_
