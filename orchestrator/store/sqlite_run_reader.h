// Reads runs out of an SQLite file. Part of SqliteStore; each function is as
// the method of RunStore that it is named after, on one connection.

#ifndef ORCHESTRATOR_STORE_SQLITE_RUN_READER_H_
#define ORCHESTRATOR_STORE_SQLITE_RUN_READER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/store/run_store.h"
#include "orchestrator/store/sqlite_connection.h"

namespace stagecoach {

absl::StatusOr<v1::Run> ReadRun(SqliteConnection& db, absl::string_view run_id);
absl::StatusOr<RunPage> ReadRunPage(SqliteConnection& db,
                                    const RunFilter& filter);
absl::StatusOr<std::vector<v1::Run>> ReadUnfinishedRuns(SqliteConnection& db);
absl::StatusOr<std::optional<KeyedRun>> ReadRunByKey(SqliteConnection& db,
                                                     absl::string_view key);
absl::StatusOr<std::vector<v1::RunEvent>> ReadEvents(SqliteConnection& db,
                                                     absl::string_view run_id,
                                                     int64_t after_cursor,
                                                     int limit);
absl::StatusOr<v1::RecordedArtifact> ReadArtifact(SqliteConnection& db,
                                                  absl::string_view uri);
absl::StatusOr<std::vector<v1::ArtifactUse>> ReadArtifactUses(
    SqliteConnection& db, absl::string_view uri);

absl::StatusOr<std::vector<CachedStep>> ReadCachedSteps(
    SqliteConnection& db, absl::string_view cache_key, int limit);
absl::StatusOr<std::vector<CachedStep>> ReadRecentCachedSteps(
    SqliteConnection& db, absl::string_view stage, int limit);

// The row of a run: its number, nothing if there is none.
absl::StatusOr<std::optional<int64_t>> FindRunNumber(SqliteConnection& db,
                                                     absl::string_view run_id);

// Run `number`, which is there, with its steps.
absl::StatusOr<v1::Run> ReadRunByNumber(SqliteConnection& db, int64_t number);

// The steps of run `number`, in order.
absl::StatusOr<std::vector<v1::Step>> ReadSteps(SqliteConnection& db,
                                                int64_t number);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_SQLITE_RUN_READER_H_
