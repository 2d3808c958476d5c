// Brings an SQLite file to the schema that this program knows.

#ifndef ORCHESTRATOR_STORE_SQLITE_SCHEMA_H_
#define ORCHESTRATOR_STORE_SQLITE_SCHEMA_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "orchestrator/store/sqlite_connection.h"

namespace stagecoach {

// Runs those of `migrations` that the file has not had yet, in order and in
// one transaction: migration n makes schema version n + 1, counted in the
// file's `user_version`. Idempotent.
//
// FAILED_PRECONDITION: the file has a newer schema, or it belongs to another
// program. Otherwise as SqliteConnection.
absl::Status Migrate(SqliteConnection& db,
                     absl::Span<const char* const> migrations);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_SQLITE_SCHEMA_H_
