// What retention exports.

#ifndef ORCHESTRATOR_RETENTION_GC_METRICS_H_
#define ORCHESTRATOR_RETENTION_GC_METRICS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace stagecoach {

//   stagecoach_gc_deleted_runs_total, stagecoach_gc_deleted_orphans_total
//   stagecoach_gc_deleted_bytes_total
//   stagecoach_gc_seconds: of collections that deleted, or would have.
//   stagecoach_gc_failures_total: folders that could not be removed, and
//     collections that ended with an error.
//   stagecoach_gc_pending_deletions: folders of deleted runs that are still to
//     be removed.
//
// Threads:   any.
// Ownership: the registry must outlive this.
class GcMetrics {
 public:
  explicit GcMetrics(prometheus::Registry& registry);

  void RunDeleted() { deleted_runs_.Increment(); }
  void OrphanDeleted() { deleted_orphans_.Increment(); }
  void Freed(int64_t bytes) {
    deleted_bytes_.Increment(static_cast<double>(bytes));
  }
  void Collected(absl::Duration duration) {
    seconds_.Observe(absl::ToDoubleSeconds(duration));
  }
  void Failed() { failures_.Increment(); }
  void SetPendingDeletions(size_t count) {
    pending_.Set(static_cast<double>(count));
  }

 private:
  prometheus::Counter& deleted_runs_;
  prometheus::Counter& deleted_orphans_;
  prometheus::Counter& deleted_bytes_;
  prometheus::Histogram& seconds_;
  prometheus::Counter& failures_;
  prometheus::Gauge& pending_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_RETENTION_GC_METRICS_H_
