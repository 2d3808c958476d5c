#include "orchestrator/store/sqlite_connection.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/store/wal_gathering.h"
#include "services/common/base/status_macros.h"
#include "sqlite3.h"

namespace stagecoach {
namespace {

constexpr char kBeginRead[] = "BEGIN DEFERRED";
constexpr char kBeginWrite[] = "BEGIN IMMEDIATE";
constexpr char kCommit[] = "COMMIT";
constexpr char kRollback[] = "ROLLBACK";

absl::StatusCode CodeOf(int primary_code, int system_error) {
  switch (primary_code) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_IOERR:
      return system_error == ENOSPC || system_error == EDQUOT
                 ? absl::StatusCode::kResourceExhausted
                 : absl::StatusCode::kUnavailable;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

struct Binder {
  sqlite3_stmt* statement;
  int index;

  int operator()(std::monostate) const {
    return sqlite3_bind_null(statement, index);
  }
  int operator()(int64_t value) const {
    return sqlite3_bind_int64(statement, index, value);
  }
  int operator()(absl::string_view text) const {
    return sqlite3_bind_text64(statement, index, text.data(), text.size(),
                               SQLITE_STATIC, SQLITE_UTF8);
  }
  int operator()(SqliteBlob blob) const {
    // A null pointer would bind NULL rather than no bytes.
    const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
    return sqlite3_bind_blob64(statement, index, data, blob.bytes.size(),
                               SQLITE_STATIC);
  }
};

}  // namespace

SqliteRows::SqliteRows(SqliteRows&& other) noexcept
    : connection_(other.connection_),
      statement_(std::exchange(other.statement_, nullptr)) {}

SqliteRows::~SqliteRows() {
  // Repeats the error of the last step, which Next has returned.
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

absl::StatusOr<bool> SqliteRows::Next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_->LastError(sqlite3_sql(statement_));
}

int64_t SqliteRows::Integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

absl::string_view SqliteRows::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return absl::string_view(static_cast<const char*>(data), size);
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(
    const std::string& path, Mode mode, absl::Duration busy_timeout) {
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(path));
  // A read-only connection could not make the file that WAL readers share.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::kReadWrite ? SQLITE_OPEN_CREATE : 0);
  const char* const vfs =
      mode == Mode::kReadWrite ? WalGatheringVfs() : nullptr;
  if (sqlite3_open_v2(path.c_str(), &connection->db_, flags, vfs) !=
      SQLITE_OK) {
    return connection->LastError("open");
  }
  sqlite3_busy_timeout(
      connection->db_,
      static_cast<int>(absl::ToInt64Milliseconds(busy_timeout)));
  if (mode == Mode::kRead) {
    SC_RETURN_IF_ERROR(connection->RunScript("PRAGMA query_only = ON"));
  }
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) {
    sqlite3_finalize(statement);
  }
  sqlite3_close(db_);
}

absl::Status SqliteConnection::RunScript(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) {
    return absl::OkStatus();
  }
  return LastError(sql);
}

absl::StatusOr<sqlite3_stmt*> SqliteConnection::Prepare(const char* sql) {
  const auto [entry, added] = statements_.try_emplace(sql, nullptr);
  if (!added) return entry->second;
  if (sqlite3_prepare_v3(db_, sql, /*nByte=*/-1, SQLITE_PREPARE_PERSISTENT,
                         &entry->second, nullptr) != SQLITE_OK) {
    statements_.erase(entry);
    return LastError(sql);
  }
  return entry->second;
}

absl::Status SqliteConnection::Run(const char* sql,
                                   std::initializer_list<SqliteValue> values) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, Query(sql, values));
  return rows.Next().status();
}

absl::StatusOr<SqliteRows> SqliteConnection::Query(
    const char* sql, std::initializer_list<SqliteValue> values) {
  SC_ASSIGN_OR_RETURN(sqlite3_stmt* const statement, Prepare(sql));
  int index = 0;
  for (const SqliteValue& value : values) {
    if (std::visit(Binder{statement, ++index}, value) != SQLITE_OK) {
      return LastError(sql);
    }
  }
  return SqliteRows(this, statement);
}

absl::Status SqliteConnection::InWriteTransaction(
    absl::FunctionRef<absl::Status()> body) {
  return InTransaction(kBeginWrite, body);
}

absl::Status SqliteConnection::InReadTransaction(
    absl::FunctionRef<absl::Status()> body) {
  return InTransaction(kBeginRead, body);
}

absl::Status SqliteConnection::InTransaction(
    const char* begin, absl::FunctionRef<absl::Status()> body) {
  SC_RETURN_IF_ERROR(Run(begin, {}));
  absl::Status status = body();
  if (status.ok()) status = Run(kCommit, {});
  // Some errors roll back by themselves; then there is nothing left to end.
  if (!status.ok() && sqlite3_get_autocommit(db_) == 0) {
    Run(kRollback, {}).IgnoreError();
  }
  return status;
}

int64_t SqliteConnection::ChangedRows() const { return sqlite3_changes64(db_); }

int64_t SqliteConnection::LastInsertedRow() const {
  return sqlite3_last_insert_rowid(db_);
}

absl::Status SqliteConnection::LastError(absl::string_view sql) const {
  const int system_error = sqlite3_system_errno(db_);
  const absl::StatusCode code =
      CodeOf(sqlite3_extended_errcode(db_) & 0xff, system_error);
  std::string message =
      absl::StrCat("store ", path_, ": ", sqlite3_errmsg(db_));
  if (code == absl::StatusCode::kInternal) {
    absl::StrAppend(&message, " in ", sql);
  } else if (system_error != 0) {
    absl::StrAppend(&message, ": ", std::strerror(system_error));
  }
  return absl::Status(code, message);
}

}  // namespace stagecoach
