// Brings a PostgreSQL database to the schema that this program knows.

#ifndef ORCHESTRATOR_STORE_POSTGRES_SCHEMA_H_
#define ORCHESTRATOR_STORE_POSTGRES_SCHEMA_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "orchestrator/store/postgres_connection.h"

namespace stagecoach::postgres {

// Runs those of `migrations` that the database has not had yet, in order and
// in one transaction: migration n makes schema version n + 1. Idempotent, and
// safe while other orchestrators do the same.
//
// FAILED_PRECONDITION: the database has a newer schema, or the user may not
// make one. Otherwise as PostgresConnection.
absl::Status Migrate(PostgresConnection& db,
                     absl::Span<const char* const> migrations);

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_SCHEMA_H_
