// Deletes runs that a policy does not keep, with their folders, and what lies
// on the volumes and belongs to no run.

#ifndef ORCHESTRATOR_RETENTION_GARBAGE_COLLECTOR_H_
#define ORCHESTRATOR_RETENTION_GARBAGE_COLLECTOR_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "orchestrator/retention/choose_runs.h"
#include "orchestrator/retention/gc_metrics.h"
#include "orchestrator/retention/leftovers.h"
#include "orchestrator/store/store.h"
#include "services/common/artifact/volume_map.h"
#include "services/common/base/clock.h"

namespace stagecoach {

// What lies on a volume and belongs to no run stays for so long at least: a
// writer that is still at work touches it before.
inline constexpr absl::Duration kSafeAge = absl::Hours(24);

// The order makes every interruption one that can be completed: the records of
// runs go, with the mark that their folders are to go, in one commit; then the
// folders; then, once that survives a power cut, the marks.
//
// Threads:   one at a time, but for Stop, which may be called from any.
// Ownership: everything handed in must outlive it.
class GarbageCollector {
 public:
  // OK if a volume answers; otherwise why not. Never waits.
  using CheckVolume = std::function<absl::Status(absl::string_view volume)>;

  GarbageCollector(Store& store, VolumeMap volumes, CheckVolume check_volume,
                   Clock& clock, GcMetrics& metrics)
      : store_(store),
        volumes_(std::move(volumes)),
        check_volume_(std::move(check_volume)),
        clock_(clock),
        metrics_(metrics) {}

  // As Orchestrator.CollectGarbage; a dry run finds out the same and deletes
  // nothing. A folder that cannot be removed is logged, and is removed by a
  // later call. UNAVAILABLE: the store does not answer, or Stop was called.
  absl::StatusOr<v1::CollectGarbageResponse> Collect(
      const v1::CollectGarbageRequest& request);

  // Removes the folders of runs whose deletion was interrupted.
  absl::Status CompleteDeletions();

  // Lets the other calls end before their next few runs.
  void Stop() { stopping_ = true; }

 private:
  struct Orphan {
    std::string volume;
    Leftover leftover;
  };
  struct Plan {
    RetentionChoice choice;
    std::vector<Orphan> orphans;
  };
  // Why the store has refused to delete runs, by their id.
  using Refused = std::map<std::string, std::string>;

  absl::StatusOr<Plan> MakePlan(const v1::CollectGarbageRequest& request);
  absl::StatusOr<std::vector<RetentionCandidate>> ReadEndedRuns();
  absl::StatusOr<NeededBy> FindNeeds(
      const std::vector<RetentionCandidate>& candidates);
  absl::StatusOr<KnownRuns> FindKnownRuns(
      const std::vector<RetentionCandidate>& ended,
      const RetentionChoice& choice);
  absl::StatusOr<std::vector<Orphan>> FindOrphans(
      const KnownRuns& runs, const v1::RetentionPolicy& policy);
  absl::StatusOr<std::vector<Leftover>> FindOldUploads(FileSystem& files,
                                                       absl::Time old);
  absl::StatusOr<std::set<std::string>> UsedUris();

  absl::StatusOr<v1::CollectGarbageResponse> Foretell(const Plan& plan);
  absl::StatusOr<v1::CollectGarbageResponse> CarryOut(const Plan& plan);
  absl::StatusOr<std::vector<PendingDeletion>> StartDeletion(
      absl::Span<const std::string> run_ids,
      const std::map<std::string, std::string>& volumes, Refused& refused);
  int64_t RemoveFolders(absl::Span<const PendingDeletion> deletions);
  absl::StatusOr<int64_t> RemoveFolder(const PendingDeletion& deletion);
  absl::Status FinishDeletions(const std::string& volume,
                               const std::vector<std::string>& run_ids);
  absl::Status CountPending();

  absl::StatusOr<std::shared_ptr<FileSystem>> Volume(absl::string_view name);
  void LogFailure(absl::string_view what, const absl::Status& status);

  Store& store_;
  const VolumeMap volumes_;
  const CheckVolume check_volume_;
  Clock& clock_;
  GcMetrics& metrics_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_RETENTION_GARBAGE_COLLECTOR_H_
