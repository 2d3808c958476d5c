// A store in a PostgreSQL database: what several orchestrators share.
//
// Durability: synchronous_commit is on, so each commit is on the server's disk,
// and on those of its synchronous stand-bys, before it is acknowledged.
//
// Performance: one Commit is two trips to the server and one flush of its disk,
// however many writes it has.
//
// All is in a schema `stagecoach` of the database, which the first orchestrator
// makes; its user needs the right to CREATE in the database, or has to own that
// schema.

#ifndef ORCHESTRATOR_STORE_POSTGRES_STORE_H_
#define ORCHESTRATOR_STORE_POSTGRES_STORE_H_

#include <atomic>
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
#include "orchestrator/store/postgres_listener.h"
#include "orchestrator/store/postgres_pool.h"
#include "orchestrator/store/postgres_run_writer.h"
#include "orchestrator/store/store.h"
#include "services/common/base/clock.h"

namespace stagecoach {

struct PostgresStoreOptions {
  // `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?…`, as libpq reads it; what
  // it leaves out comes from the variables PGUSER, PGPASSWORD, PGPASSFILE, ….
  std::string url;
  // Connections beside the one that commits, >= 1.
  int connections = 4;
  // How long one call waits for a connection or an answer, >= 1 s.
  absl::Duration timeout = absl::Seconds(5);
  // Says when to try to connect again; must outlive the store.
  Clock* clock = &Clock::Real();
};

// Threads: as RunStore and PipelineStore.
class PostgresStore final : public Store, public CoordinationStore {
 public:
  // Connects, and makes or migrates the schema.
  //
  // FAILED_PRECONDITION: the schema is newer than this program's, or the server
  // refuses user, password or database. INVALID_ARGUMENT: the URL. UNAVAILABLE:
  // the server does not answer.
  static absl::StatusOr<std::unique_ptr<PostgresStore>> Open(
      const PostgresStoreOptions& options);

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
  absl::Status DeleteRun(absl::string_view run_id) override;
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

  absl::Status RenewLease(absl::string_view holder,
                          absl::Duration ttl) override;
  absl::Status ReleaseLease(absl::string_view holder) override;
  absl::StatusOr<std::vector<v1::Run>> AcquireRuns(absl::string_view holder,
                                                   int limit) override;
  absl::Status AddWish(const RunWish& wish) override;
  absl::StatusOr<std::vector<RunWish>> WishesFor(
      absl::string_view holder) override;
  absl::Status ForgetWish(int64_t number) override;

  absl::Status SetPinned(absl::string_view uri, bool pinned) override;
  absl::StatusOr<std::vector<std::string>> PinnedArtifacts() override;
  absl::StatusOr<EndedRunPage> ListEndedRuns(absl::string_view page_token,
                                             int page_size) override;
  absl::StatusOr<std::vector<std::string>> RunsThatNeed(
      absl::string_view run_id) override;
  absl::Status StartDeletion(absl::Span<const std::string> run_ids) override;
  absl::StatusOr<std::vector<PendingDeletion>> PendingDeletions() override;
  absl::Status FinishDeletion(absl::string_view run_id) override;

  absl::StatusOr<AppliedPipeline> ApplyPipeline(
      const StoredPipeline& pipeline) override;
  absl::StatusOr<StoredPipeline> GetPipeline(absl::string_view name,
                                             int64_t version) override;
  absl::StatusOr<std::vector<v1::Pipeline>> ListPipelines() override;

  CoordinationStore* coordination() override { return this; }
  absl::StatusOr<std::vector<Place>> GivePlaces(
      absl::string_view holder,
      absl::Span<const PlaceRequest> requests) override;
  absl::StatusOr<bool> LeadWork(absl::string_view cache_key,
                                absl::string_view run_id,
                                int position) override;

  // One thread at a time.
  void SetListener(const Listener& listener) override;

 private:
  explicit PostgresStore(const PostgresStoreOptions& options);

  // Whether transaction `number`, whose end was not heard of, has happened.
  // UNAVAILABLE: it cannot be found out.
  absl::StatusOr<bool> HasHappened(const std::string& number);

  const PostgresStoreOptions options_;

  // Have their own synchronisation.
  PostgresPool pool_;
  PostgresPool writer_pool_;  // of one: a commit waits for nobody's reading
  // Whether anybody else may want to hear of changes.
  std::atomic<bool> shared_ = true;

  std::unique_ptr<PostgresListener> listener_;  // set by SetListener alone

  absl::Mutex writer_mutex_;
  postgres::RunWriter run_writer_ ABSL_GUARDED_BY(writer_mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_POSTGRES_STORE_H_
