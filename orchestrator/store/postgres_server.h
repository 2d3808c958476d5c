// A PostgreSQL server of the tests' own: in a temporary folder, without a port.

#ifndef ORCHESTRATOR_STORE_POSTGRES_SERVER_H_
#define ORCHESTRATOR_STORE_POSTGRES_SERVER_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Answers on a socket in its folder. It ends with the process that started it,
// however that ends; the folder is gone if it ends by itself.
//
// PostgreSQL refuses to run as root: then the server runs as the user that
// Debian's package has made for it.
//
// Threads: one at a time; what is started from one thread is stopped from it.
class PostgresServer {
 public:
  // FAILED_PRECONDITION: PostgreSQL is not installed, or it does not start,
  // with what it says.
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start();

  // The server that all tests of this process share; started when first asked
  // for. The process ends with a message if it cannot be.
  static PostgresServer& Shared();

  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // A new empty database: its URL.
  absl::StatusOr<std::string> NewDatabase();

  // The same for tests that follow one another, in a tenth of the time: one
  // database, which each call empties. No transaction may be open in it.
  absl::StatusOr<std::string> EmptiedDatabase();

  // The URL of a database called `name`, there or not. The user "stagecoach"
  // may do anything, and needs no password.
  std::string Url(absl::string_view name) const;

  // Kills every process of the server, as a power failure would, and starts it
  // again.
  absl::Status Crash();

 private:
  explicit PostgresServer(std::string folder) : folder_(std::move(folder)) {}

  absl::Status Initialise();
  absl::Status Launch();
  void Kill();

  const std::string folder_;
  pid_t process_ = 0;  // 0: none
  int databases_ = 0;
  std::string emptied_;  // URL; empty: not made yet
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_POSTGRES_SERVER_H_
