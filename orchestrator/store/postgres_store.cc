#include "orchestrator/store/postgres_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/store/postgres_coordination.h"
#include "orchestrator/store/postgres_leases.h"
#include "orchestrator/store/postgres_migrations.h"
#include "orchestrator/store/postgres_pipelines.h"
#include "orchestrator/store/postgres_retention.h"
#include "orchestrator/store/postgres_run_reader.h"
#include "orchestrator/store/postgres_schema.h"
#include "orchestrator/store/postgres_sql.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

PostgresStore::PostgresStore(const PostgresStoreOptions& options)
    : options_(options),
      pool_(options.url, options.connections, options.timeout, *options.clock),
      writer_pool_(options.url, 1, options.timeout, *options.clock) {}

absl::StatusOr<std::unique_ptr<PostgresStore>> PostgresStore::Open(
    const PostgresStoreOptions& options) {
  std::unique_ptr<PostgresStore> store(new PostgresStore(options));
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, store->pool_.Borrow());
  SC_RETURN_IF_ERROR(postgres::Migrate(*db, postgres::kMigrations));
  return store;
}

std::vector<absl::Status> PostgresStore::Commit(
    absl::Span<const RunWrite> writes) {
  absl::StatusOr<PostgresPool::Lease> db = writer_pool_.Borrow();
  if (!db.ok()) return std::vector<absl::Status>(writes.size(), db.status());
  postgres::RunWriter::Outcome outcome;
  {
    absl::MutexLock lock(&writer_mutex_);
    outcome = run_writer_.Commit(**db, writes, shared_);
  }
  if (outcome.in_doubt.empty()) return std::move(outcome.statuses);
  const absl::StatusOr<bool> happened = HasHappened(outcome.in_doubt);
  if (happened.ok() && *happened) return std::move(outcome.judged);
  return std::move(outcome.statuses);
}

absl::StatusOr<bool> PostgresStore::HasHappened(const std::string& number) {
  for (;;) {
    SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
    SC_ASSIGN_OR_RETURN(const PostgresRows rows,
                        (*db).Run(postgres::kTransactionStatus, {number}));
    const absl::string_view status = rows.Bytes(0, 0);
    if (status != "in progress") return status == "committed";
  }
}

absl::Status PostgresStore::RenewLease(absl::string_view holder,
                                       absl::Duration ttl) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  SC_ASSIGN_OR_RETURN(const int64_t others,
                      postgres::RenewLease(*db, holder, ttl));
  shared_ = others > 0;
  return absl::OkStatus();
}

void PostgresStore::SetListener(const Listener& listener) {
  listener_ = nullptr;
  if (listener == nullptr) return;
  listener_ = std::make_unique<PostgresListener>(options_.url, options_.timeout,
                                                 listener);
}

absl::StatusOr<v1::Run> PostgresStore::GetRun(absl::string_view run_id) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::GetRun(*db, run_id);
}

absl::StatusOr<RunPage> PostgresStore::ListRuns(const RunFilter& filter) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::ListRuns(*db, filter);
}

absl::StatusOr<std::vector<v1::Run>> PostgresStore::UnfinishedRuns() {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::UnfinishedRuns(*db);
}

absl::StatusOr<std::optional<KeyedRun>> PostgresStore::FindRunByKey(
    absl::string_view key) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::FindRunByKey(*db, key);
}

absl::StatusOr<std::vector<v1::RunEvent>> PostgresStore::ListEvents(
    absl::string_view run_id, int64_t after_cursor, int limit) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::ListEvents(*db, run_id, after_cursor, limit);
}

absl::Status PostgresStore::DeleteRun(absl::string_view run_id) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::DeleteRun(*db, run_id);
}

absl::StatusOr<v1::RecordedArtifact> PostgresStore::FindArtifact(
    absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::FindArtifact(*db, uri);
}

absl::StatusOr<std::vector<v1::ArtifactUse>> PostgresStore::FindArtifactUses(
    absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::FindArtifactUses(*db, uri);
}

absl::Status PostgresStore::NeedArtifacts(absl::string_view run_id,
                                          absl::Span<const std::string> uris) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::NeedArtifacts(*db, run_id, uris);
}

absl::StatusOr<std::vector<CachedStep>> PostgresStore::FindCachedSteps(
    absl::string_view cache_key, int limit) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::FindCachedSteps(*db, cache_key, limit);
}

absl::StatusOr<std::vector<CachedStep>> PostgresStore::RecentCachedSteps(
    absl::string_view stage, int limit) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::RecentCachedSteps(*db, stage, limit);
}

absl::Status PostgresStore::ReleaseLease(absl::string_view holder) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::ReleaseLease(*db, holder);
}

absl::StatusOr<std::vector<v1::Run>> PostgresStore::AcquireRuns(
    absl::string_view holder, int limit) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::AcquireRuns(*db, holder, limit);
}

absl::Status PostgresStore::AddWish(const RunWish& wish) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::AddWish(*db, wish);
}

absl::StatusOr<std::vector<RunWish>> PostgresStore::WishesFor(
    absl::string_view holder) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::WishesFor(*db, holder);
}

absl::Status PostgresStore::ForgetWish(int64_t number) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::ForgetWish(*db, number);
}

absl::StatusOr<std::vector<Place>> PostgresStore::GivePlaces(
    absl::string_view holder, absl::Span<const PlaceRequest> requests) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::GivePlaces(*db, holder, requests);
}

absl::StatusOr<bool> PostgresStore::LeadWork(absl::string_view cache_key,
                                             absl::string_view run_id,
                                             int position) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::LeadWork(*db, cache_key, run_id, position);
}

absl::Status PostgresStore::SetPinned(absl::string_view uri, bool pinned) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::SetPinned(*db, uri, pinned);
}

absl::StatusOr<std::vector<std::string>> PostgresStore::PinnedArtifacts() {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::PinnedArtifacts(*db);
}

absl::StatusOr<EndedRunPage> PostgresStore::ListEndedRuns(
    absl::string_view page_token, int page_size) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::ListEndedRuns(*db, page_token, page_size);
}

absl::StatusOr<std::vector<std::string>> PostgresStore::RunsThatNeed(
    absl::string_view run_id) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::RunsThatNeed(*db, run_id);
}

absl::Status PostgresStore::StartDeletion(
    absl::Span<const std::string> run_ids) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::StartDeletion(*db, run_ids);
}

absl::StatusOr<std::vector<PendingDeletion>> PostgresStore::PendingDeletions() {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::PendingDeletions(*db);
}

absl::Status PostgresStore::FinishDeletion(absl::string_view run_id) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::FinishDeletion(*db, run_id);
}

absl::StatusOr<AppliedPipeline> PostgresStore::ApplyPipeline(
    const StoredPipeline& pipeline) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::ApplyPipeline(*db, pipeline);
}

absl::StatusOr<StoredPipeline> PostgresStore::GetPipeline(
    absl::string_view name, int64_t version) {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::GetPipeline(*db, name, version);
}

absl::StatusOr<std::vector<v1::Pipeline>> PostgresStore::ListPipelines() {
  SC_ASSIGN_OR_RETURN(PostgresPool::Lease db, pool_.Borrow());
  return postgres::ListPipelines(*db);
}

}  // namespace stagecoach
