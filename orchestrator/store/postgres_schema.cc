#include "orchestrator/store/postgres_schema.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach::postgres {
namespace {

// One orchestrator migrates at a time; the others wait for it, as long as it
// takes. The number is any that nobody else uses: `Stgc`.
constexpr char kBegin[] = R"sql(
  BEGIN;
  SET LOCAL statement_timeout = 0;
  SET LOCAL lock_timeout = 0;
  SELECT pg_advisory_xact_lock(1400139619);
  CREATE SCHEMA IF NOT EXISTS stagecoach;
  CREATE TABLE IF NOT EXISTS stagecoach.schema_version (
    version BIGINT NOT NULL
  );
)sql";
constexpr char kEnd[] = "COMMIT";
constexpr char kAbort[] = "ROLLBACK";
constexpr char kHasSchema[] =
    "SELECT 1::BIGINT FROM pg_catalog.pg_tables"
    " WHERE schemaname = 'stagecoach' AND tablename = 'schema_version'";
constexpr char kGetVersion[] =
    "SELECT COALESCE(MAX(version), 0)::BIGINT FROM stagecoach.schema_version";

absl::StatusOr<int64_t> VersionOf(PostgresConnection& db) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows, db.Run(kGetVersion));
  return rows.Integer(0, 0);
}

absl::Status CheckNotNewer(const PostgresConnection& db, int64_t version,
                           int64_t known) {
  if (version <= known) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "store ", db.name(), " has schema version ", version,
      ", which a newer program has made; this one knows versions up to ",
      known));
}

absl::Status RunMigrations(PostgresConnection& db,
                           absl::Span<const char* const> migrations) {
  const int64_t known = static_cast<int64_t>(migrations.size());
  SC_RETURN_IF_ERROR(db.RunScript(kBegin));
  // Another one may just have been faster.
  SC_ASSIGN_OR_RETURN(const int64_t version, VersionOf(db));
  for (int64_t next = version; next < known; ++next) {
    SC_RETURN_IF_ERROR(db.RunScript(migrations[next]),
                       "migrate to schema version ", next + 1);
  }
  return db.RunScript(absl::StrCat("DELETE FROM schema_version;",
                                   "INSERT INTO schema_version VALUES (",
                                   std::max(version, known), ");", kEnd));
}

}  // namespace

absl::Status Migrate(PostgresConnection& db,
                     absl::Span<const char* const> migrations) {
  const int64_t known = static_cast<int64_t>(migrations.size());
  // A look first: most starts find nothing to do, and need no right to do it.
  SC_ASSIGN_OR_RETURN(const PostgresRows schema, db.Run(kHasSchema));
  if (!schema.empty()) {
    SC_ASSIGN_OR_RETURN(const int64_t version, VersionOf(db));
    SC_RETURN_IF_ERROR(CheckNotNewer(db, version, known));
    if (version == known) return absl::OkStatus();
  }
  const absl::Status migrated = RunMigrations(db, migrations);
  if (!migrated.ok()) db.RunScript(kAbort).IgnoreError();
  return migrated;
}

}  // namespace stagecoach::postgres
