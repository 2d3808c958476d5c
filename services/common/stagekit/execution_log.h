// The log of one execution, kept as a file on its volume.

#ifndef SERVICES_COMMON_STAGEKIT_EXECUTION_LOG_H_
#define SERVICES_COMMON_STAGEKIT_EXECUTION_LOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/common/artifact/file_system.h"
#include "services/common/base/bounded_executor.h"
#include "services/common/base/clock.h"
#include "services/common/base/logging.h"
#include "services/common/base/timer_queue.h"
#include "services/common/stagekit/checked_request.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

using ExecutionEnd = absl::StatusOr<v1::ExecutionResult>;

// Collects records and has them written at most once a second and at the end,
// by a thread that may hang with the volume: nobody else waits for it. What
// goes beyond 1 MiB is dropped and counted, but for the end.
//
// A stage without outputs leaves nothing on the volume, hence no log either,
// unless an execution has something to say: it takes longer than a second, logs
// or reports something, or ends badly.
//
// Threads:   every method may be called from any thread.
// Ownership: shared with the writes that are under way. Before `timers` and
//            `clock` go, `writer` must have been shut down.
class ExecutionLog : public std::enable_shared_from_this<ExecutionLog> {
 public:
  // `path` is that of its first file (contract/attempt_log.h) in `files`.
  ExecutionLog(std::shared_ptr<FileSystem> files, std::string path,
               std::shared_ptr<BoundedExecutor> writer, TimerQueue& timers,
               const Clock& clock);

  // Adds what is to be done. First. Both must live until End has returned.
  void Begin(const v1::StageDescription& description,
             const CheckedRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);

  void Add(LogLevel level, absl::string_view message,
           absl::Span<const LogField> fields) ABSL_LOCKS_EXCLUDED(mutex_);

  // Adds a report, unless the one before is less than a second old; the newest
  // is added before the end in any case.
  void AddProgress(const v1::Progress& progress) ABSL_LOCKS_EXCLUDED(mutex_);

  // Adds how it ended and has all that is left written. Once, last.
  void End(const ExecutionEnd& end, const v1::PhaseTimes& times)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Adds what is to be done, if that is still to be said.
  void AppendBeginningLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AppendLocked(LogLevel level, absl::string_view message,
                    absl::Span<const LogField> fields)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AppendAtLocked(absl::Time time, LogLevel level,
                      absl::string_view message,
                      absl::Span<const LogField> fields)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ScheduleWriteLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AppendProgressLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AppendEndLocked(const ExecutionEnd& end, const v1::PhaseTimes& times)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SubmitWrite();
  // On the writer's thread.
  void Write() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status WriteBytes(absl::string_view bytes);
  absl::Status OpenPart();

  const std::shared_ptr<FileSystem> files_;
  const std::string path_;
  const std::shared_ptr<BoundedExecutor> writer_;
  TimerQueue& timers_;
  const Clock& clock_;

  // Set by Begin, before others use the log.
  bool may_leave_nothing_ = false;

  // Touched by the writer's thread alone.
  std::unique_ptr<WritableFile> file_;
  bool failed_ = false;

  absl::Mutex mutex_;
  // What is to be done, until it is said: most that leave nothing never say it.
  const v1::StageDescription* description_ ABSL_GUARDED_BY(mutex_) = nullptr;
  const CheckedRequest* request_ ABSL_GUARDED_BY(mutex_) = nullptr;
  absl::Time began_ ABSL_GUARDED_BY(mutex_);
  std::string waiting_ ABSL_GUARDED_BY(mutex_);
  size_t size_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  // Whether there is more to say than that it began.
  bool worth_keeping_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<v1::Progress> progress_ ABSL_GUARDED_BY(mutex_);
  absl::Duration progress_time_ ABSL_GUARDED_BY(mutex_) =
      -absl::InfiniteDuration();
  std::optional<TimerQueue::TimerId> timer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_EXECUTION_LOG_H_
