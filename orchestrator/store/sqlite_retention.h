// Keeps and deletes runs in an SQLite file. Part of SqliteStore; each function
// is as the method of RetentionStore, or RunStore, that it is named after, on
// one connection.

#ifndef ORCHESTRATOR_STORE_SQLITE_RETENTION_H_
#define ORCHESTRATOR_STORE_SQLITE_RETENTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "orchestrator/store/retention_store.h"
#include "orchestrator/store/sqlite_connection.h"

namespace stagecoach::sqlite {

absl::Status SetPinned(SqliteConnection& db, absl::string_view uri,
                       bool pinned);
absl::StatusOr<std::vector<std::string>> PinnedArtifacts(SqliteConnection& db);
absl::StatusOr<EndedRunPage> ListEndedRuns(SqliteConnection& db,
                                           absl::string_view page_token,
                                           int page_size);
absl::StatusOr<std::vector<std::string>> RunsThatNeed(SqliteConnection& db,
                                                      absl::string_view run_id);
absl::Status NeedArtifacts(SqliteConnection& db, absl::string_view run_id,
                           absl::Span<const std::string> uris);
absl::Status DeleteRun(SqliteConnection& db, absl::string_view run_id);
absl::Status StartDeletion(SqliteConnection& db,
                           absl::Span<const std::string> run_ids);
absl::StatusOr<std::vector<PendingDeletion>> PendingDeletions(
    SqliteConnection& db);
absl::Status FinishDeletion(SqliteConnection& db, absl::string_view run_id);

}  // namespace stagecoach::sqlite

#endif  // ORCHESTRATOR_STORE_SQLITE_RETENTION_H_
