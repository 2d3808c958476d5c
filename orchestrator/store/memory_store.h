// A store that forgets everything when its process ends: for tests, and for
// trying things out.

#ifndef ORCHESTRATOR_STORE_MEMORY_STORE_H_
#define ORCHESTRATOR_STORE_MEMORY_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "orchestrator/store/coordination_store.h"
#include "orchestrator/store/local_leases.h"
#include "orchestrator/store/store.h"
#include "services/common/base/clock.h"

namespace stagecoach {

// Keeps every promise of the interfaces but durability. Only tests share it,
// among several engines of one process.
//
// Threads: every method may be called from any thread.
class MemoryStore final : public Store, public CoordinationStore {
 public:
  // `clock` says when leases end; it must outlive the store.
  explicit MemoryStore(Clock& clock = Clock::Real()) : clock_(clock) {}

  std::vector<absl::Status> Commit(absl::Span<const RunWrite> writes) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<v1::Run> GetRun(absl::string_view run_id) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<RunPage> ListRuns(const RunFilter& filter) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<v1::Run>> UnfinishedRuns() override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::optional<KeyedRun>> FindRunByKey(
      absl::string_view key) override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<v1::RunEvent>> ListEvents(absl::string_view run_id,
                                                       int64_t after_cursor,
                                                       int limit) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status DeleteRun(absl::string_view run_id) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<v1::RecordedArtifact> FindArtifact(
      absl::string_view uri) override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<v1::ArtifactUse>> FindArtifactUses(
      absl::string_view uri) override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status NeedArtifacts(absl::string_view run_id,
                             absl::Span<const std::string> uris) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<CachedStep>> FindCachedSteps(
      absl::string_view cache_key, int limit) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<CachedStep>> RecentCachedSteps(
      absl::string_view stage, int limit) override ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Status RenewLease(absl::string_view holder, absl::Duration ttl) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status ReleaseLease(absl::string_view holder) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<v1::Run>> AcquireRuns(absl::string_view holder,
                                                   int limit) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status AddWish(const RunWish& wish) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<RunWish>> WishesFor(
      absl::string_view holder) override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status ForgetWish(int64_t number) override ABSL_LOCKS_EXCLUDED(mutex_);

  absl::StatusOr<std::vector<Place>> GivePlaces(
      absl::string_view holder,
      absl::Span<const PlaceRequest> requests) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<bool> LeadWork(absl::string_view cache_key,
                                absl::string_view run_id, int position) override
      ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Status SetPinned(absl::string_view uri, bool pinned) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<std::string>> PinnedArtifacts() override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<EndedRunPage> ListEndedRuns(absl::string_view page_token,
                                             int page_size) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<std::string>> RunsThatNeed(
      absl::string_view run_id) override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status StartDeletion(absl::Span<const std::string> run_ids) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<PendingDeletion>> PendingDeletions() override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status FinishDeletion(absl::string_view run_id) override
      ABSL_LOCKS_EXCLUDED(mutex_);

  absl::StatusOr<AppliedPipeline> ApplyPipeline(
      const StoredPipeline& pipeline) override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<StoredPipeline> GetPipeline(absl::string_view name,
                                             int64_t version) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<v1::Pipeline>> ListPipelines() override
      ABSL_LOCKS_EXCLUDED(mutex_);

  // From now on every Commit fails with `failure` and writes nothing, until
  // it is set to OK.
  void FailCommitsForTest(absl::Status failure) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct StoredRun {
    int64_t number = 0;  // counts the inserts
    v1::Run run;
    std::string request_digest;
    std::vector<v1::RunEvent> events;
    // URI, step, input.
    std::set<std::tuple<std::string, std::string, std::string>> reads;
  };
  struct StoredPlace {
    PlaceRequest request;
    bool taken = false;  // otherwise it waits
  };
  struct OutputPlace {
    std::string run_id;
    int step = 0;
  };

  absl::Status WriteLocked(const RunWrite& write)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<StoredRun*> InsertLocked(const RunWrite& write)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<StoredRun*> UpdateLocked(const v1::Run& run)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteStepLocked(const RunWrite::StepWrite& write, v1::Run& run)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckDeletableLocked(const v1::Run& run)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DeleteLocked(const std::string& run_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetWishesLocked(const std::string& run_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveFreePlacesLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::set<std::string> NeededByLocked(const v1::Run& run)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The newest of the cached steps that `accepts`.
  std::vector<CachedStep> CachedStepsLocked(
      absl::FunctionRef<bool(const v1::Step&)> accepts, int limit)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;

  absl::Mutex mutex_;
  absl::Status commit_failure_ ABSL_GUARDED_BY(mutex_);
  int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, StoredRun> runs_ ABSL_GUARDED_BY(mutex_);
  // Run ids by (creation time, number), oldest first.
  absl::btree_map<std::pair<int64_t, int64_t>, std::string> by_time_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::string> id_by_key_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, OutputPlace> outputs_by_uri_
      ABSL_GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> pinned_ ABSL_GUARDED_BY(mutex_);
  std::vector<PendingDeletion> deletions_ ABSL_GUARDED_BY(mutex_);
  LocalLeases leases_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, RunWish> wishes_ ABSL_GUARDED_BY(mutex_);  // by number
  int64_t last_wish_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, StoredPlace> places_ ABSL_GUARDED_BY(mutex_);  // by run
  // The steps, by run and position, that do the work for a cache key.
  std::map<std::string, std::pair<std::string, int>, std::less<>> work_
      ABSL_GUARDED_BY(mutex_);
  // Versions by name, oldest first: version n is at n - 1.
  std::map<std::string, std::vector<StoredPipeline>, std::less<>> pipelines_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_MEMORY_STORE_H_
