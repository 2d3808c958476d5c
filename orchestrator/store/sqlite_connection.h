// One connection to an SQLite file: statements are prepared once and kept,
// results are absl::Status.

#ifndef ORCHESTRATOR_STORE_SQLITE_CONNECTION_H_
#define ORCHESTRATOR_STORE_SQLITE_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace stagecoach {

// Bytes, where an absl::string_view is text.
struct SqliteBlob {
  absl::string_view bytes;
};

// The value of a parameter of a statement. Text and bytes are not copied: they
// must outlive the call, and with Query the rows. std::monostate is NULL.
using SqliteValue =
    std::variant<std::monostate, int64_t, absl::string_view, SqliteBlob>;

class SqliteConnection;

// One use of a prepared statement: its parameters are bound, its rows are read
// with Next. The statement is free for the next use when this ends.
//
// Ownership: must not outlive the connection.
class SqliteRows {
 public:
  SqliteRows(const SqliteRows&) = delete;
  SqliteRows& operator=(const SqliteRows&) = delete;
  SqliteRows(SqliteRows&& other) noexcept;
  ~SqliteRows();

  // Goes to the next row; false: there is none.
  absl::StatusOr<bool> Next();

  // A column of the present row, from 0; what Bytes returns is valid until the
  // next call of Next.
  int64_t Integer(int column) const;
  absl::string_view Bytes(int column) const;

 private:
  friend class SqliteConnection;
  SqliteRows(const SqliteConnection* connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}

  const SqliteConnection* connection_;
  sqlite3_stmt* statement_;  // null when moved from
};

// Threads: one at a time.
//
// Failure, of every method: RESOURCE_EXHAUSTED (no room), DATA_LOSS (the file
// is damaged or no SQLite file), UNAVAILABLE (it does not answer, or cannot be
// opened), INTERNAL (a defect of ours). Messages name the file.
class SqliteConnection {
 public:
  enum class Mode { kReadWrite, kRead };

  // Opens `path`; kReadWrite makes it if it is not there.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(
      const std::string& path, Mode mode, absl::Duration busy_timeout);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs any number of statements that need no parameters and return nothing.
  absl::Status RunScript(const std::string& sql);

  // Runs one statement that returns nothing. `sql` is a constant: the
  // statement is kept under its address.
  absl::Status Run(const char* sql, std::initializer_list<SqliteValue> values);

  // Starts one statement that returns rows. `sql` as in Run; it must not be
  // started again before its rows have been destroyed.
  absl::StatusOr<SqliteRows> Query(const char* sql,
                                   std::initializer_list<SqliteValue> values);

  // Runs `body` in a transaction: commits if it returns OK, otherwise rolls
  // back and returns what it returned.
  absl::Status InWriteTransaction(absl::FunctionRef<absl::Status()> body);

  // Runs `body` so that all its queries see the same state.
  absl::Status InReadTransaction(absl::FunctionRef<absl::Status()> body);

  // Rows that the last Run inserted, updated or deleted.
  int64_t ChangedRows() const;
  // The rowid of the last inserted row.
  int64_t LastInsertedRow() const;

  const std::string& path() const { return path_; }

 private:
  friend class SqliteRows;
  explicit SqliteConnection(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<sqlite3_stmt*> Prepare(const char* sql);
  absl::Status InTransaction(const char* begin,
                             absl::FunctionRef<absl::Status()> body);
  absl::Status LastError(absl::string_view sql) const;

  const std::string path_;
  sqlite3* db_ = nullptr;
  absl::flat_hash_map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_SQLITE_CONNECTION_H_
