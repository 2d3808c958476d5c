#include "services/common/artifact/artifact_metrics.h"

#include <string>

#include "services/common/artifact/errno_status.h"
#include "services/common/base/metrics.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kNames[kIoOperations] = {
    "open",   "create", "read", "write",  "fsync",
    "rename", "stat",   "list", "remove", "hash"};

constexpr const char* kReasons[] = {"estale",  "enospc",  "eio",
                                    "timeout", "corrupt", "other"};

bool MovesBytes(IoOperation operation) {
  return operation == IoOperation::kRead || operation == IoOperation::kWrite ||
         operation == IoOperation::kHash;
}

// Whether the volume did not do what was right to ask of it.
bool IsFault(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kInvalidArgument:
      return false;
    default:
      return true;
  }
}

}  // namespace

absl::string_view IoOperationName(IoOperation operation) {
  return kNames[static_cast<size_t>(operation)];
}

absl::string_view IoErrorReason(const absl::Status& error) {
  const std::string name = ErrnoName(error);
  if (name == "ESTALE") return "estale";
  if (name == "ENOSPC" || name == "EDQUOT") return "enospc";
  if (name == "EIO") return "eio";
  if (name == "ETIMEDOUT" || absl::IsDeadlineExceeded(error)) return "timeout";
  if (absl::IsDataLoss(error)) return "corrupt";
  return "other";
}

ArtifactMetrics::ArtifactMetrics(prometheus::Registry& registry)
    : errors_(prometheus::BuildCounter()
                  .Name("stagecoach_artifact_io_errors_total")
                  .Help("Operations on a volume that failed, by cause; answers "
                        "that are no fault of the volume are not counted.")
                  .Register(registry)) {
  auto& seconds =
      prometheus::BuildHistogram()
          .Name("stagecoach_artifact_io_seconds")
          .Help(
              "Time of one operation on a volume; op=\"hash\" is the time "
              "spent digesting one file.")
          .Register(registry);
  auto& bytes = prometheus::BuildCounter()
                    .Name("stagecoach_artifact_io_bytes_total")
                    .Help("Bytes read from, written to a volume, or digested.")
                    .Register(registry);
  for (size_t i = 0; i < kIoOperations; ++i) {
    const auto operation = static_cast<IoOperation>(i);
    const prometheus::Labels labels = {{"op", std::string(kNames[i])}};
    series_[i] = {&seconds.Add(labels, OperationSecondsBuckets()),
                  MovesBytes(operation) ? &bytes.Add(labels) : nullptr};
    // From the start, so that the first error is seen as an increase.
    for (const char* reason : kReasons) {
      errors_.Add({{"op", std::string(kNames[i])}, {"reason", reason}});
    }
  }
}

void ArtifactMetrics::Observe(IoOperation operation, absl::Duration duration,
                              int64_t bytes) {
  const Series& series = series_[static_cast<size_t>(operation)];
  series.seconds->Observe(absl::ToDoubleSeconds(duration));
  if (series.bytes != nullptr) {
    series.bytes->Increment(static_cast<double>(bytes));
  }
}

void ArtifactMetrics::CountError(IoOperation operation,
                                 const absl::Status& status) {
  if (!IsFault(status)) return;
  errors_
      .Add({{"op", std::string(IoOperationName(operation))},
            {"reason", std::string(IoErrorReason(status))}})
      .Increment();
}

}  // namespace stagecoach
