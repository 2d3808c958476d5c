// One connection to a PostgreSQL server: statements are prepared once and
// kept, many of them go out together, results are absl::Status.

#ifndef ORCHESTRATOR_STORE_POSTGRES_CONNECTION_H_
#define ORCHESTRATOR_STORE_POSTGRES_CONNECTION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "orchestrator/store/postgres_value.h"

struct pg_conn;
struct pg_result;

namespace stagecoach {

// Threads: one at a time.
//
// Failure, of every method: UNAVAILABLE (the server does not answer in time,
// the connection is lost, or it cannot be written to now), RESOURCE_EXHAUSTED
// (no room, too many connections), DATA_LOSS (it is damaged), ALREADY_EXISTS (a
// unique value is taken), FAILED_PRECONDITION (not allowed), INTERNAL (a defect
// of ours). Messages name the server, never a password.
class PostgresConnection {
 public:
  // Connects to the server and database that `url` names, as libpq reads it,
  // within `timeout`, which is also that of every call.
  //
  // FAILED_PRECONDITION: the server refuses the user, the password or the
  // database. INVALID_ARGUMENT: the URL. UNAVAILABLE: it does not answer.
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(
      const std::string& url, absl::Duration timeout);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // Runs all statements with one trip to the server and returns what each
  // returned. Outside a transaction they are one: all of them happen, or none.
  absl::StatusOr<std::vector<PostgresRows>> RunAll(
      absl::Span<const PostgresStatement> statements);

  // Runs one statement.
  absl::StatusOr<PostgresRows> Run(const char* sql,
                                   std::vector<PostgresValue> values = {});

  // Runs any number of statements that need no parameters and return nothing,
  // as one transaction unless one is open. They may take as long as they want.
  absl::Status RunScript(const std::string& sql);

  // Begins a transaction together with `first`, runs `body` with what `first`
  // returned, and rolls back unless `body` returns OK. `body` commits: its last
  // statement is Commit().
  absl::Status InTransaction(
      std::vector<PostgresStatement> first,
      absl::FunctionRef<absl::Status(absl::Span<const PostgresRows>)> body);
  static PostgresStatement Commit();

  // Waits until the server has something to say or `wake_descriptor` can be
  // read. What others have notified of since, on the channels listened to.
  absl::StatusOr<std::vector<std::string>> AwaitNotices(int wake_descriptor);

  // Whether the connection is of no more use. Looks at what has arrived.
  bool IsBroken();

  // `postgresql://USER@HOST:PORT/DATABASE`.
  const std::string& name() const { return name_; }

 private:
  PostgresConnection(pg_conn* connection, std::string name,
                     absl::Duration timeout)
      : connection_(connection), name_(std::move(name)), timeout_(timeout) {}

  using ResultPtr = std::unique_ptr<pg_result, void (*)(pg_result*)>;

  absl::Status Send(const PostgresStatement& statement, bool& prepares);
  absl::Status Receive(const PostgresStatement& statement, bool prepares,
                       absl::Duration deadline,
                       std::vector<PostgresRows>& results,
                       absl::Status& failure);
  absl::StatusOr<ResultPtr> NextResult(absl::Duration deadline);
  absl::Status Flush(absl::Duration deadline);
  // `events` as poll takes them.
  absl::Status Wait(int events, absl::Duration deadline);
  void RollBack();
  absl::Status ErrorOf(const pg_result& result, absl::string_view sql) const;
  absl::Status Lost();

  pg_conn* const connection_;
  const std::string name_;
  const absl::Duration timeout_;
  bool broken_ = false;
  // Names of prepared statements by the address of their text.
  absl::flat_hash_map<const char*, std::string> prepared_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_POSTGRES_CONNECTION_H_
