// One execution: what the thread that does it, the calls that watch it and the
// timers that may stop it share.

#ifndef SERVICES_COMMON_STAGEKIT_EXECUTION_H_
#define SERVICES_COMMON_STAGEKIT_EXECUTION_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/common/contract/execution_id.h"
#include "services/common/stagekit/execution_log.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// Is told of an execution. Called from the thread that does the execution or
// the one that calls Watch, one call at a time; must not block.
class ExecutionWatcher {
 public:
  virtual ~ExecutionWatcher() = default;

  // Any number of times, before OnEnd.
  virtual void OnProgress(const v1::Progress& progress) = 0;
  // Exactly once, unless it is taken off before.
  virtual void OnEnd(const ExecutionEnd& end) = 0;
};

// Threads: every method may be called from any thread, but KeepLog,
//          ReportProgress, Seal and End only from the one that does the
//          execution. No lock is held during a watcher's call.
class Execution {
 public:
  explicit Execution(ExecutionId id);

  const ExecutionId& id() const { return id_; }
  // As text, `<run>/<step>/<attempt>`.
  const std::string& name() const { return name_; }

  // Also has progress reports written to `log`. Before it is done.
  void KeepLog(std::shared_ptr<ExecutionLog> log) { log_ = std::move(log); }

  // Tells the watchers and keeps the report for those to come.
  void ReportProgress(const v1::Progress& progress) ABSL_LOCKS_EXCLUDED(mutex_);

  // Asks it to stop and end as `why`. The first wish counts, but for one: an
  // UNAVAILABLE, after which work that gets done all the same is kept, gives
  // way to CANCELLED and DEADLINE_EXCEEDED, after which it is not. No effect
  // once sealed.
  void RequestStop(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mutex_);

  // Cheap enough for every batch.
  bool stop_requested() const {
    return stop_requested_.load(std::memory_order_relaxed);
  }

  // How to end if the work ended as `work`: the stop's status wins over any
  // error, and CANCELLED and DEADLINE_EXCEEDED also over OK. If the result is
  // OK nothing can stop the execution any more: its outputs may appear.
  absl::Status Seal(const absl::Status& work) ABSL_LOCKS_EXCLUDED(mutex_);

  // Once, last: tells the watchers and lets go of them.
  void End(ExecutionEnd end) ABSL_LOCKS_EXCLUDED(mutex_);

  // Adds a watcher. It is first sent the newest report, or the end.
  void Watch(std::shared_ptr<ExecutionWatcher> watcher)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes a watcher off. If it was the last one of an execution that goes on,
  // returns a token for StopIfStillUnwatched.
  std::optional<int64_t> Unwatch(const ExecutionWatcher* watcher)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // As RequestStop, if nobody has watched since the token was given out.
  void StopIfStillUnwatched(int64_t token, const absl::Status& why)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void RequestStopLocked(const absl::Status& why)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ExecutionId id_;
  const std::string name_;
  std::atomic<bool> stop_requested_ = false;
  // Only touched by the thread that does the execution; may be null.
  std::shared_ptr<ExecutionLog> log_;

  mutable absl::Mutex mutex_;
  absl::Status stop_ ABSL_GUARDED_BY(mutex_);
  bool sealed_ ABSL_GUARDED_BY(mutex_) = false;
  // Newest report and how many there were.
  std::shared_ptr<const v1::Progress> progress_ ABSL_GUARDED_BY(mutex_);
  int64_t reports_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const ExecutionEnd> end_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<ExecutionWatcher>> watchers_
      ABSL_GUARDED_BY(mutex_);
  // How many watchers there have ever been.
  int64_t watches_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_EXECUTION_H_
