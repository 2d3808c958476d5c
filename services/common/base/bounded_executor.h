// A fixed number of threads with a bounded queue: the only way work leaves
// gRPC's threads.

#ifndef SERVICES_COMMON_BASE_BOUNDED_EXECUTOR_H_
#define SERVICES_COMMON_BASE_BOUNDED_EXECUTOR_H_

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace stagecoach {

// Runs tasks in the order of Submit, at most `threads` at once.
//
// Threads: Submit and in_flight may be called from any thread, also from a
// task; Shutdown and the destructor not from a task.
class BoundedExecutor {
 public:
  using Task = absl::AnyInvocable<void()>;

  // `name` appears in messages. `threads` >= 1. `queue_capacity` >= 0: tasks
  // that may wait while every thread is busy; 0 takes a task only for a thread
  // that is free.
  BoundedExecutor(absl::string_view name, int threads, int queue_capacity);

  // As Shutdown.
  ~BoundedExecutor();
  BoundedExecutor(const BoundedExecutor&) = delete;
  BoundedExecutor& operator=(const BoundedExecutor&) = delete;

  // Takes `task`; never waits.
  //   RESOURCE_EXHAUSTED  all threads are busy and the queue is full.
  //   UNAVAILABLE         Shutdown has begun.
  absl::Status Submit(Task task);

  // Refuses new tasks, runs those queued and waits for all of them. Safe to
  // repeat, and from several threads.
  void Shutdown();

  // Tasks queued or running.
  int in_flight() const;

 private:
  void RunThread();
  bool HasWorkOrStopped() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopped_ || !queue_.empty();
  }

  const std::string name_;
  const int limit_;  // tasks in flight

  mutable absl::Mutex mutex_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  absl::Mutex join_mutex_;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(join_mutex_);
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_BOUNDED_EXECUTOR_H_
