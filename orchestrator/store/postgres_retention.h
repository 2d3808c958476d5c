// Keeps and deletes runs in a PostgreSQL database. Part of PostgresStore; each
// function is as the method of RetentionStore, or RunStore, that it is named
// after, on one connection.

#ifndef ORCHESTRATOR_STORE_POSTGRES_RETENTION_H_
#define ORCHESTRATOR_STORE_POSTGRES_RETENTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "orchestrator/store/postgres_connection.h"
#include "orchestrator/store/retention_store.h"

namespace stagecoach::postgres {

absl::Status SetPinned(PostgresConnection& db, absl::string_view uri,
                       bool pinned);
absl::StatusOr<std::vector<std::string>> PinnedArtifacts(
    PostgresConnection& db);
absl::StatusOr<EndedRunPage> ListEndedRuns(PostgresConnection& db,
                                           absl::string_view page_token,
                                           int page_size);
absl::StatusOr<std::vector<std::string>> RunsThatNeed(PostgresConnection& db,
                                                      absl::string_view run_id);
absl::Status NeedArtifacts(PostgresConnection& db, absl::string_view run_id,
                           absl::Span<const std::string> uris);
absl::Status DeleteRun(PostgresConnection& db, absl::string_view run_id);
absl::Status StartDeletion(PostgresConnection& db,
                           absl::Span<const std::string> run_ids);
absl::StatusOr<std::vector<PendingDeletion>> PendingDeletions(
    PostgresConnection& db);
absl::Status FinishDeletion(PostgresConnection& db, absl::string_view run_id);

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_RETENTION_H_
