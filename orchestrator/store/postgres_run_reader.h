// Reads runs out of a PostgreSQL database. Part of PostgresStore; each function
// is as the method of RunStore that it is named after, on one connection.

#ifndef ORCHESTRATOR_STORE_POSTGRES_RUN_READER_H_
#define ORCHESTRATOR_STORE_POSTGRES_RUN_READER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/store/postgres_connection.h"
#include "orchestrator/store/run_store.h"

namespace stagecoach::postgres {

absl::StatusOr<v1::Run> GetRun(PostgresConnection& db,
                               absl::string_view run_id);
absl::StatusOr<RunPage> ListRuns(PostgresConnection& db,
                                 const RunFilter& filter);
absl::StatusOr<std::vector<v1::Run>> UnfinishedRuns(PostgresConnection& db);
absl::StatusOr<std::optional<KeyedRun>> FindRunByKey(PostgresConnection& db,
                                                     absl::string_view key);
absl::StatusOr<std::vector<v1::RunEvent>> ListEvents(PostgresConnection& db,
                                                     absl::string_view run_id,
                                                     int64_t after_cursor,
                                                     int limit);
absl::StatusOr<v1::RecordedArtifact> FindArtifact(PostgresConnection& db,
                                                  absl::string_view uri);
absl::StatusOr<std::vector<v1::ArtifactUse>> FindArtifactUses(
    PostgresConnection& db, absl::string_view uri);
absl::StatusOr<std::vector<CachedStep>> FindCachedSteps(
    PostgresConnection& db, absl::string_view cache_key, int limit);
absl::StatusOr<std::vector<CachedStep>> RecentCachedSteps(
    PostgresConnection& db, absl::string_view stage, int limit);

// Row `row` of a statement that returns a run's body, holder, epoch,
// specification and steps, in this order.
absl::StatusOr<v1::Run> ToRun(const PostgresConnection& db,
                              const PostgresRows& rows, int row);

// The steps in column `column` of row `row`.
absl::StatusOr<std::vector<v1::Step>> ToSteps(const PostgresConnection& db,
                                              const PostgresRows& rows, int row,
                                              int column);

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_RUN_READER_H_
