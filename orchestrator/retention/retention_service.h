// Collects garbage when somebody asks for it, and by itself.

#ifndef ORCHESTRATOR_RETENTION_RETENTION_SERVICE_H_
#define ORCHESTRATOR_RETENTION_RETENTION_SERVICE_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/retention/garbage_collector.h"
#include "services/common/base/bounded_executor.h"
#include "services/common/base/timer_queue.h"

namespace stagecoach {

struct RetentionOptions {
  // The background policy: what runs it keeps, >= 0. If neither is set, it
  // only completes deletions that were interrupted.
  absl::Duration max_age = absl::ZeroDuration();  // zero: no such rule
  int keep_last = 0;                              // zero: no such rule
  // From one time to the next, > 0.
  absl::Duration interval = absl::Hours(1);

  // INVALID_ARGUMENT naming the flag.
  absl::Status Validate() const;
};

// Threads:   every method but Stop and the destructor may be called from any
//            thread. Callbacks come from a thread of its own.
// Ownership: collector and metrics must outlive it.
class RetentionService {
 public:
  using Done = std::function<void(absl::StatusOr<v1::CollectGarbageResponse>)>;

  RetentionService(GarbageCollector& collector, RetentionOptions options,
                   std::unique_ptr<TimerQueue> timers, GcMetrics& metrics);
  ~RetentionService() { Stop(); }
  RetentionService(const RetentionService&) = delete;
  RetentionService& operator=(const RetentionService&) = delete;

  // Begins to collect by itself: soon, and then at each interval.
  void Start();

  // As GarbageCollector::Collect, after those that were asked for before.
  // RESOURCE_EXHAUSTED: too many wait.
  void Collect(v1::CollectGarbageRequest request, const Done& done);

  // Ends the collection that is under way, at its next few runs. Safe to
  // repeat.
  void Stop();

 private:
  void ScheduleNext(absl::Duration delay);
  void CollectByItself();

  GarbageCollector& collector_;
  const RetentionOptions options_;
  GcMetrics& metrics_;
  BoundedExecutor executor_;
  const std::unique_ptr<TimerQueue> timers_;  // its own, to be stopped first
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_RETENTION_RETENTION_SERVICE_H_
