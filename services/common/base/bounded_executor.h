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

// Runs tasks in the order of Submit, at most `threads` at once. Of the threads
// that are free the one that was busy last takes the next task, so that few
// threads do a light load, with what they need still in their caches.
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
  // A thread that waits, on whose stack this is.
  struct Sleeper {
    absl::CondVar changed;
    bool woken = false;
  };

  void RunThread();
  static void Wake(Sleeper& sleeper);
  void WakeOneLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits for a task; null once all is done after Shutdown.
  Task TakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string name_;
  const int limit_;  // tasks in flight

  mutable absl::Mutex mutex_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  // The threads that wait, in the order in which they began to. Whoever wakes
  // one takes it off.
  std::vector<Sleeper*> idle_ ABSL_GUARDED_BY(mutex_);
  // Whether a thread was woken that does not run yet.
  bool waking_ ABSL_GUARDED_BY(mutex_) = false;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  absl::Mutex join_mutex_;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(join_mutex_);
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_BOUNDED_EXECUTOR_H_
