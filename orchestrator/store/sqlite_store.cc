#include "orchestrator/store/sqlite_store.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/store/sqlite_leases.h"
#include "orchestrator/store/sqlite_migrations.h"
#include "orchestrator/store/sqlite_pipelines.h"
#include "orchestrator/store/sqlite_retention.h"
#include "orchestrator/store/sqlite_run_reader.h"
#include "orchestrator/store/sqlite_schema.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// The log is carried over into the file when it has 4,000 pages (16 MB): rarely
// enough that one commit in hundreds pays for it.
constexpr char kSettings[] = R"sql(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA cache_size = -16000;
  PRAGMA temp_store = MEMORY;
)sql";

absl::Status CheckDirectory(const std::string& path,
                            const std::filesystem::path& directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    return absl::FailedPreconditionError(
        absl::StrCat("store ", path, ": there is no directory ",
                     directory.string(), "; make it first"));
  }
  if (access(directory.c_str(), W_OK | X_OK) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("store ", path, ": cannot write into directory ",
                     directory.string(), ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Status CheckFile(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return absl::OkStatus();
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::FailedPreconditionError(
        absl::StrCat("store ", path, " is not a file"));
  }
  if (access(path.c_str(), R_OK | W_OK) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "store ", path, " cannot be read and written: ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

// One name for one file, so that its lock cannot be passed by a symbolic link.
absl::StatusOr<std::string> CheckedPath(const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError(
        "the store has no path; name a file: sqlite:PATH");
  }
  std::error_code error;
  const std::filesystem::path real =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("store ", path, ": ", error.message()));
  }
  SC_RETURN_IF_ERROR(CheckDirectory(path, real.parent_path()));
  SC_RETURN_IF_ERROR(CheckFile(real.string()));
  return real.string();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(
    const SqliteStoreOptions& options) {
  SqliteStoreOptions checked = options;
  SC_ASSIGN_OR_RETURN(checked.path, CheckedPath(options.path));
  SC_ASSIGN_OR_RETURN(std::unique_ptr<FileLock> lock,
                      FileLock::Take(checked.path));
  SC_ASSIGN_OR_RETURN(
      std::unique_ptr<SqliteConnection> writer,
      SqliteConnection::Open(checked.path, SqliteConnection::Mode::kReadWrite,
                             checked.timeout));
  SC_RETURN_IF_ERROR(writer->RunScript(kSettings));
  SC_RETURN_IF_ERROR(Migrate(*writer, sql::kMigrations));
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(checked, std::move(lock), std::move(writer)));
}

SqliteStore::SqliteStore(const SqliteStoreOptions& options,
                         std::unique_ptr<FileLock> lock,
                         std::unique_ptr<SqliteConnection> writer)
    : clock_(*options.clock),
      lock_(std::move(lock)),
      readers_(options.path, options.readers, options.timeout),
      writer_(std::move(writer)),
      run_writer_(*writer_) {}

std::vector<absl::Status> SqliteStore::Commit(
    absl::Span<const RunWrite> writes) {
  absl::MutexLock lock(&writer_mutex_);
  return run_writer_.Commit(writes);
}

absl::Status SqliteStore::DeleteRun(absl::string_view run_id) {
  absl::MutexLock lock(&writer_mutex_);
  return sqlite::DeleteRun(*writer_, run_id);
}

absl::StatusOr<v1::Run> SqliteStore::GetRun(absl::string_view run_id) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return ReadRun(*reader, run_id);
}

absl::StatusOr<RunPage> SqliteStore::ListRuns(const RunFilter& filter) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return ReadRunPage(*reader, filter);
}

absl::StatusOr<std::vector<v1::Run>> SqliteStore::UnfinishedRuns() {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return ReadUnfinishedRuns(*reader);
}

absl::StatusOr<std::optional<KeyedRun>> SqliteStore::FindRunByKey(
    absl::string_view key) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return ReadRunByKey(*reader, key);
}

absl::StatusOr<std::vector<v1::RunEvent>> SqliteStore::ListEvents(
    absl::string_view run_id, int64_t after_cursor, int limit) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return ReadEvents(*reader, run_id, after_cursor, limit);
}

absl::StatusOr<v1::RecordedArtifact> SqliteStore::FindArtifact(
    absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return ReadArtifact(*reader, uri);
}

absl::StatusOr<std::vector<v1::ArtifactUse>> SqliteStore::FindArtifactUses(
    absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return ReadArtifactUses(*reader, uri);
}

absl::Status SqliteStore::NeedArtifacts(absl::string_view run_id,
                                        absl::Span<const std::string> uris) {
  absl::MutexLock lock(&writer_mutex_);
  return sqlite::NeedArtifacts(*writer_, run_id, uris);
}

absl::StatusOr<std::vector<CachedStep>> SqliteStore::FindCachedSteps(
    absl::string_view cache_key, int limit) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return ReadCachedSteps(*reader, cache_key, limit);
}

absl::StatusOr<std::vector<CachedStep>> SqliteStore::RecentCachedSteps(
    absl::string_view stage, int limit) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return ReadRecentCachedSteps(*reader, stage, limit);
}

absl::Status SqliteStore::RenewLease(absl::string_view holder,
                                     absl::Duration ttl) {
  absl::MutexLock lock(&writer_mutex_);
  return leases_.Renew(holder, clock_.Elapsed() + ttl);
}

absl::Status SqliteStore::ReleaseLease(absl::string_view holder) {
  absl::MutexLock lock(&writer_mutex_);
  leases_.Release(holder);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Run>> SqliteStore::AcquireRuns(
    absl::string_view holder, int limit) {
  absl::MutexLock lock(&writer_mutex_);
  SC_RETURN_IF_ERROR(leases_.EndOthers(holder, clock_.Elapsed()));
  return sqlite::AcquireRuns(*writer_, leases_, holder, limit);
}

absl::Status SqliteStore::AddWish(const RunWish& wish) {
  absl::MutexLock lock(&writer_mutex_);
  return sqlite::AddWish(*writer_, wish);
}

absl::StatusOr<std::vector<RunWish>> SqliteStore::WishesFor(
    absl::string_view holder) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return sqlite::WishesFor(*reader, holder);
}

absl::Status SqliteStore::ForgetWish(int64_t number) {
  absl::MutexLock lock(&writer_mutex_);
  return sqlite::ForgetWish(*writer_, number);
}

absl::Status SqliteStore::SetPinned(absl::string_view uri, bool pinned) {
  absl::MutexLock lock(&writer_mutex_);
  return sqlite::SetPinned(*writer_, uri, pinned);
}

absl::StatusOr<std::vector<std::string>> SqliteStore::PinnedArtifacts() {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return sqlite::PinnedArtifacts(*reader);
}

absl::StatusOr<EndedRunPage> SqliteStore::ListEndedRuns(
    absl::string_view page_token, int page_size) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return sqlite::ListEndedRuns(*reader, page_token, page_size);
}

absl::StatusOr<std::vector<std::string>> SqliteStore::RunsThatNeed(
    absl::string_view run_id) {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return sqlite::RunsThatNeed(*reader, run_id);
}

absl::Status SqliteStore::StartDeletion(absl::Span<const std::string> run_ids) {
  absl::MutexLock lock(&writer_mutex_);
  return sqlite::StartDeletion(*writer_, run_ids);
}

absl::StatusOr<std::vector<PendingDeletion>> SqliteStore::PendingDeletions() {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return sqlite::PendingDeletions(*reader);
}

absl::Status SqliteStore::FinishDeletion(absl::string_view run_id) {
  absl::MutexLock lock(&writer_mutex_);
  return sqlite::FinishDeletion(*writer_, run_id);
}

absl::StatusOr<AppliedPipeline> SqliteStore::ApplyPipeline(
    const StoredPipeline& pipeline) {
  absl::MutexLock lock(&writer_mutex_);
  absl::StatusOr<AppliedPipeline> applied = WritePipeline(*writer_, pipeline);
  newest_pipelines_.Forget(pipeline.pipeline.name());
  return applied;
}

absl::StatusOr<StoredPipeline> SqliteStore::GetPipeline(absl::string_view name,
                                                        int64_t version) {
  if (version == 0) {
    if (const auto newest = newest_pipelines_.Find(name)) return *newest;
  }
  const int64_t generation = newest_pipelines_.generation();
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  SC_ASSIGN_OR_RETURN(StoredPipeline stored,
                      ReadPipeline(*reader, name, version));
  if (version == 0) newest_pipelines_.Put(generation, stored);
  return stored;
}

absl::StatusOr<std::vector<v1::Pipeline>> SqliteStore::ListPipelines() {
  SC_ASSIGN_OR_RETURN(SqliteReaderPool::Lease reader, readers_.Borrow());
  return ReadPipelines(*reader);
}

}  // namespace stagecoach
