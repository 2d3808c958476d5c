// A store in one SQLite file: what an orchestrator of its own uses.
//
// Durability: write-ahead log with synchronous=FULL, so each commit is on disk
// before it is acknowledged. The file stands on a local disk, not on NFS, with
// `PATH-wal`, `PATH-shm` and `PATH.lock` beside it; back it up with SQLite's
// own `.backup` or stop the orchestrator first.
//
// Performance: one Commit costs one fsync, however many writes it has. Reads
// have connections of their own and never wait for a Commit.

#ifndef ORCHESTRATOR_STORE_SQLITE_STORE_H_
#define ORCHESTRATOR_STORE_SQLITE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "orchestrator/store/file_lock.h"
#include "orchestrator/store/local_leases.h"
#include "orchestrator/store/newest_pipelines.h"
#include "orchestrator/store/sqlite_connection.h"
#include "orchestrator/store/sqlite_reader_pool.h"
#include "orchestrator/store/sqlite_run_writer.h"
#include "orchestrator/store/store.h"
#include "services/common/base/clock.h"

namespace stagecoach {

struct SqliteStoreOptions {
  // The file; made if it is not there. Its directory must be there.
  std::string path;
  // Connections for reading, >= 1: this many reads at once.
  int readers = 4;
  // How long one call waits for a lock or a free connection, > 0.
  absl::Duration timeout = absl::Seconds(5);
  // Says when leases end; must outlive the store.
  Clock* clock = &Clock::Real();
};

// Threads: as RunStore and PipelineStore.
class SqliteStore final : public Store {
 public:
  // Opens the file, makes or migrates its schema, and keeps every other
  // process from using it until the store is destroyed.
  //
  // INVALID_ARGUMENT: an empty path. FAILED_PRECONDITION: the directory is
  // missing or not writable, another process holds the file (named), the
  // schema is newer than this program's, or the file is another program's.
  // DATA_LOSS: it is damaged or no SQLite file. RESOURCE_EXHAUSTED: no room.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(
      const SqliteStoreOptions& options);

  std::vector<absl::Status> Commit(absl::Span<const RunWrite> writes) override
      ABSL_LOCKS_EXCLUDED(writer_mutex_);
  absl::StatusOr<v1::Run> GetRun(absl::string_view run_id) override;
  absl::StatusOr<RunPage> ListRuns(const RunFilter& filter) override;
  absl::StatusOr<std::vector<v1::Run>> UnfinishedRuns() override;
  absl::StatusOr<std::optional<KeyedRun>> FindRunByKey(
      absl::string_view key) override;
  absl::StatusOr<std::vector<v1::RunEvent>> ListEvents(absl::string_view run_id,
                                                       int64_t after_cursor,
                                                       int limit) override;
  absl::Status DeleteRun(absl::string_view run_id) override
      ABSL_LOCKS_EXCLUDED(writer_mutex_);
  absl::StatusOr<v1::RecordedArtifact> FindArtifact(
      absl::string_view uri) override;
  absl::StatusOr<std::vector<v1::ArtifactUse>> FindArtifactUses(
      absl::string_view uri) override;
  absl::Status NeedArtifacts(absl::string_view run_id,
                             absl::Span<const std::string> uris) override;
  absl::StatusOr<std::vector<CachedStep>> FindCachedSteps(
      absl::string_view cache_key, int limit) override;
  absl::StatusOr<std::vector<CachedStep>> RecentCachedSteps(
      absl::string_view stage, int limit) override;

  // Leases are kept in memory: no other process has one, so none outlives
  // this one.
  absl::Status RenewLease(absl::string_view holder, absl::Duration ttl) override
      ABSL_LOCKS_EXCLUDED(writer_mutex_);
  absl::Status ReleaseLease(absl::string_view holder) override
      ABSL_LOCKS_EXCLUDED(writer_mutex_);
  absl::StatusOr<std::vector<v1::Run>> AcquireRuns(absl::string_view holder,
                                                   int limit) override
      ABSL_LOCKS_EXCLUDED(writer_mutex_);
  absl::Status AddWish(const RunWish& wish) override
      ABSL_LOCKS_EXCLUDED(writer_mutex_);
  absl::StatusOr<std::vector<RunWish>> WishesFor(
      absl::string_view holder) override;
  absl::Status ForgetWish(int64_t number) override
      ABSL_LOCKS_EXCLUDED(writer_mutex_);

  absl::Status SetPinned(absl::string_view uri, bool pinned) override
      ABSL_LOCKS_EXCLUDED(writer_mutex_);
  absl::StatusOr<std::vector<std::string>> PinnedArtifacts() override;
  absl::StatusOr<EndedRunPage> ListEndedRuns(absl::string_view page_token,
                                             int page_size) override;
  absl::StatusOr<std::vector<std::string>> RunsThatNeed(
      absl::string_view run_id) override;
  absl::Status StartDeletion(absl::Span<const std::string> run_ids) override
      ABSL_LOCKS_EXCLUDED(writer_mutex_);
  absl::StatusOr<std::vector<PendingDeletion>> PendingDeletions() override;
  absl::Status FinishDeletion(absl::string_view run_id) override
      ABSL_LOCKS_EXCLUDED(writer_mutex_);

  absl::StatusOr<AppliedPipeline> ApplyPipeline(const StoredPipeline& pipeline)
      override ABSL_LOCKS_EXCLUDED(writer_mutex_);
  absl::StatusOr<StoredPipeline> GetPipeline(absl::string_view name,
                                             int64_t version) override;
  std::shared_ptr<const StoredPipeline> NewestInMemory(
      absl::string_view name) const override {
    return newest_pipelines_.Find(name);
  }
  absl::StatusOr<std::vector<v1::Pipeline>> ListPipelines() override;

 private:
  SqliteStore(const SqliteStoreOptions& options, std::unique_ptr<FileLock> lock,
              std::unique_ptr<SqliteConnection> writer);

  Clock& clock_;

  // Released last: declared first.
  const std::unique_ptr<FileLock> lock_;

  // Have their own synchronisation.
  SqliteReaderPool readers_;
  NewestPipelines newest_pipelines_;

  absl::Mutex writer_mutex_;
  const std::unique_ptr<SqliteConnection> writer_
      ABSL_PT_GUARDED_BY(writer_mutex_);
  SqliteRunWriter run_writer_ ABSL_GUARDED_BY(writer_mutex_);
  LocalLeases leases_ ABSL_GUARDED_BY(writer_mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_SQLITE_STORE_H_
