// What deciding which runs are kept, and deleting the others with their
// artifacts, needs to be remembered.

#ifndef ORCHESTRATOR_STORE_RETENTION_STORE_H_
#define ORCHESTRATOR_STORE_RETENTION_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "stagecoach/v1/artifact.pb.h"

namespace stagecoach {

// A run that has ended, as far as retention looks at it.
struct EndedRun {
  std::string run_id;
  std::string pipeline;
  std::string volume;
  absl::Time end_time;
  std::vector<v1::Artifact> artifacts;  // that it has made
};

struct EndedRunPage {
  std::vector<EndedRun> runs;
  std::string next_page_token;  // empty: no more
};

// A run whose record is gone, and whose folder is still to be deleted.
struct PendingDeletion {
  std::string run_id;
  std::string volume;
};

// Threads: every method may be called from any thread.
// Failure: as RunStore.
class RetentionStore {
 public:
  virtual ~RetentionStore() = default;

  // Keeps the artifact from being deleted, or lets it go. Idempotent.
  // NOT_FOUND: no run has recorded it.
  virtual absl::Status SetPinned(absl::string_view uri, bool pinned) = 0;

  // The URIs of all artifacts that are pinned, in order.
  virtual absl::StatusOr<std::vector<std::string>> PinnedArtifacts() = 0;

  // A page of the runs that have ended, oldest first by creation time, 1 to
  // 1000 of them; an empty token is the first page. INVALID_ARGUMENT: as
  // RunStore::ListRuns.
  virtual absl::StatusOr<EndedRunPage> ListEndedRuns(
      absl::string_view page_token, int page_size) = 0;

  // The other runs that have read an artifact that run `run_id` has made, or
  // have taken one over, in order.
  virtual absl::StatusOr<std::vector<std::string>> RunsThatNeed(
      absl::string_view run_id) = 0;

  // Forgets these runs, as DeleteRun does, and remembers, with the same
  // commit, that their folders are still to be deleted. Those that are not
  // there are left out. Forgets none unless it may forget all.
  // FAILED_PRECONDITION: one has not ended, one has a pinned artifact, or a
  // run that is none of them needs one.
  virtual absl::Status StartDeletion(absl::Span<const std::string> run_ids) = 0;

  // The deletions that have started and not been finished, oldest first.
  virtual absl::StatusOr<std::vector<PendingDeletion>> PendingDeletions() = 0;

  // Forgets a deletion, once the folder is gone; OK if it is not there.
  virtual absl::Status FinishDeletion(absl::string_view run_id) = 0;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_RETENTION_STORE_H_
