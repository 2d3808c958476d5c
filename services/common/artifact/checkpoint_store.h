// Checkpoints of one step: numbered safetensors files in one directory, which
// outlive the step's attempts.

#ifndef SERVICES_COMMON_ARTIFACT_CHECKPOINT_STORE_H_
#define SERVICES_COMMON_ARTIFACT_CHECKPOINT_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/artifact/artifact_metrics.h"
#include "services/common/artifact/file_system.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/artifact/uri.h"

namespace stagecoach {

// How many checkpoints of a step are kept.
inline constexpr size_t kCheckpointsKept = 2;

// Key in a checkpoint's metadata: SHA-256 of all tensors' bytes in their order.
inline constexpr absl::string_view kCheckpointDigestKey =
    "stagecoach.data_sha256";

struct Checkpoint {
  // The work done, as given to Save, e.g. the epoch.
  int64_t number = 0;
  SafetensorsView tensors;
};

// What OpenNewest found.
struct NewestCheckpoint {
  // Nothing if there is no whole one.
  std::optional<Checkpoint> checkpoint;
  // Newer ones that were passed over, and why.
  std::vector<absl::Status> damaged;
};

// Files are named by the number with 12 digits, e.g.
// `000000000040.safetensors`.
//
// Threads: one at a time; several processes may use one directory.
// Errors:  as FileSystem says, with the file's URI.
class CheckpointStore {
 public:
  // By ArtifactStore::OpenCheckpoints. `metrics` must outlive it.
  CheckpointStore(std::shared_ptr<FileSystem> files, ArtifactMetrics& metrics,
                  ArtifactUri prefix);

  // Publishes one checkpoint, whole or not at all, and then deletes all but
  // the newest kCheckpointsKept. After OK it survives a power cut. One of that
  // number that is whole is left as it is; a damaged one is replaced.
  //
  // INVALID_ARGUMENT: `number` is negative or has over 12 digits, or as
  // SafetensorsHeader says.
  absl::Status Save(int64_t number, absl::Span<const TensorView> tensors,
                    const SafetensorsMetadata& metadata);

  // The numbers there are, ascending; none if the directory is not there.
  absl::StatusOr<std::vector<int64_t>> List() const;

  // FAILED_PRECONDITION or DATA_LOSS: it is damaged. NOT_FOUND: not there.
  absl::StatusOr<Checkpoint> Open(int64_t number) const;

  // The newest whole one.
  absl::StatusOr<NewestCheckpoint> OpenNewest() const;

 private:
  absl::Status WriteTemporary(absl::string_view path,
                              absl::Span<const TensorView> tensors,
                              SafetensorsMetadata metadata);
  // Gives the temporary file its final name, unless a whole one has it.
  absl::Status Publish(absl::string_view temporary, int64_t number);
  absl::Status Prune();
  std::string PathOf(int64_t number) const;

  std::shared_ptr<FileSystem> files_;
  ArtifactMetrics* metrics_;
  ArtifactUri prefix_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_CHECKPOINT_STORE_H_
