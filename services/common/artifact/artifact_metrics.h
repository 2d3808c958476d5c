// What the artifact library counts and times.

#ifndef SERVICES_COMMON_ARTIFACT_ARTIFACT_METRICS_H_
#define SERVICES_COMMON_ARTIFACT_ARTIFACT_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace stagecoach {

// Values of the label `op`.
enum class IoOperation {
  kOpen,
  kCreate,
  kRead,
  kWrite,
  kSync,
  kRename,
  kStat,
  kList,
  kRemove,
  kHash,
};
inline constexpr size_t kIoOperations = 10;

// `open`, `create`, `read`, `write`, `fsync`, `rename`, `stat`, `list`,
// `remove`, `hash`.
absl::string_view IoOperationName(IoOperation operation);

// Value of the label `reason` for an error: `estale`, `enospc`, `eio`,
// `timeout`, `corrupt` or `other`.
absl::string_view IoErrorReason(const absl::Status& error);

// Registered in the constructor; several of one registry share their series.
//
//   stagecoach_artifact_io_seconds{op}: histogram, one value per operation
//     (`hash`: per file).
//   stagecoach_artifact_io_bytes_total{op}: for read, write and hash.
//   stagecoach_artifact_io_errors_total{op,reason}: operations that failed, but
//     for answers that are no fault of the volume (not found, exists, …).
//
// Threads: any. `registry` must outlive it.
class ArtifactMetrics {
 public:
  explicit ArtifactMetrics(prometheus::Registry& registry);

  // One operation that took `duration` and moved `bytes`.
  void Observe(IoOperation operation, absl::Duration duration,
               int64_t bytes = 0);

  // Counts `status` if it is an error that the volume is to blame for.
  void CountError(IoOperation operation, const absl::Status& status);

 private:
  struct Series {
    prometheus::Histogram* seconds;
    prometheus::Counter* bytes;
  };
  std::array<Series, kIoOperations> series_;
  prometheus::Family<prometheus::Counter>& errors_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_ARTIFACT_METRICS_H_
