#include "orchestrator/store/sqlite_schema.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// `Stgc`: tells our files from those of other programs.
constexpr int64_t kApplicationId = 0x53746763;

constexpr char kGetVersion[] = "PRAGMA user_version";
constexpr char kGetApplicationId[] = "PRAGMA application_id";
constexpr char kCountTables[] = "SELECT COUNT(*) FROM sqlite_schema";

absl::StatusOr<int64_t> QueryInteger(SqliteConnection& db, const char* sql) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql, {}));
  SC_RETURN_IF_ERROR(rows.Next().status());
  return rows.Integer(0);
}

absl::Status CheckOwner(SqliteConnection& db) {
  SC_ASSIGN_OR_RETURN(const int64_t owner, QueryInteger(db, kGetApplicationId));
  if (owner == kApplicationId) return absl::OkStatus();
  SC_ASSIGN_OR_RETURN(const int64_t tables, QueryInteger(db, kCountTables));
  if (tables == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("store ", db.path(),
                   " is an SQLite file of another program; name another "
                   "file"));
}

absl::Status RunMigrations(SqliteConnection& db, int64_t version,
                           absl::Span<const char* const> migrations) {
  const int64_t known = static_cast<int64_t>(migrations.size());
  for (int64_t next = version; next < known; ++next) {
    SC_RETURN_IF_ERROR(db.RunScript(migrations[next]),
                       "migrate to schema version ", next + 1);
  }
  return db.RunScript(absl::StrCat("PRAGMA application_id = ", kApplicationId,
                                   "; PRAGMA user_version = ", known));
}

}  // namespace

absl::Status Migrate(SqliteConnection& db,
                     absl::Span<const char* const> migrations) {
  return db.InWriteTransaction([&]() -> absl::Status {
    SC_RETURN_IF_ERROR(CheckOwner(db));
    SC_ASSIGN_OR_RETURN(const int64_t version, QueryInteger(db, kGetVersion));
    const int64_t known = static_cast<int64_t>(migrations.size());
    if (version == known) return absl::OkStatus();
    if (version < known) return RunMigrations(db, version, migrations);
    return absl::FailedPreconditionError(absl::StrCat(
        "store ", db.path(), " has schema version ", version,
        ", which a newer program has made; this one knows versions up to ",
        known));
  });
}

}  // namespace stagecoach
