// What every process exports and the bucket lists that all histograms share.
// Names: seconds and bytes, counters end in `_total`, labels only from closed
// sets.

#ifndef SERVICES_COMMON_BASE_METRICS_H_
#define SERVICES_COMMON_BASE_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace stagecoach {

// Upper bounds of buckets, in seconds. The same ones everywhere, so that
// histograms of several processes add up.
//
// For calls: 100 us to 1 h.
const std::vector<double>& CallSecondsBuckets();
// For single operations on disk or in memory: 10 us to 30 s.
const std::vector<double>& OperationSecondsBuckets();

// Upper bounds of buckets, in bytes: 256 B to 16 GiB.
const std::vector<double>& SizeBytesBuckets();

// All metrics of a process: those added to `registry()` and, read when they are
// collected, process_{cpu_seconds_total, resident_memory_bytes, open_fds,
// max_fds, start_time_seconds}, stagecoach_build_info and
// stagecoach_log_messages_total.
//
// Threads:   every method may be called from any thread.
// Ownership: made once in main as a shared_ptr, because a metrics endpoint
//            holds it weakly; parts get `registry()` by reference and must not
//            outlive it.
class ProcessMetrics final : public prometheus::Collectable {
 public:
  // `component`: `load`, `train`, `orchestrator`, …; a label of
  // stagecoach_build_info.
  explicit ProcessMetrics(absl::string_view component);

  prometheus::Registry& registry() { return registry_; }

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const double start_time_seconds_;  // since the Unix epoch
  prometheus::Registry registry_;
};

// What `metrics` holds, in Prometheus' text format.
std::string RenderMetrics(const prometheus::Collectable& metrics);

// The value of a counter or gauge, or the number of samples of a histogram; -1
// if there is none. For tests, and for summaries that people read. `labels` are
// `name="value"` pairs as in the text format, comma separated, in the order of
// the label names.
double MetricValue(const prometheus::Collectable& metrics,
                   absl::string_view name, absl::string_view labels = "");

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_METRICS_H_
