// Writes runs into a PostgreSQL database. Part of PostgresStore.
//
// A commit takes two trips to the server, however many runs it writes: one that
// locks and reads what the writes are judged by, and one that writes and
// commits.

#ifndef ORCHESTRATOR_STORE_POSTGRES_RUN_WRITER_H_
#define ORCHESTRATOR_STORE_POSTGRES_RUN_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "orchestrator/store/postgres_connection.h"
#include "orchestrator/store/postgres_run_rows.h"
#include "orchestrator/store/run_store.h"

namespace stagecoach::postgres {

// Threads: one at a time.
class RunWriter {
 public:
  struct Outcome {
    std::vector<absl::Status> statuses;  // as RunStore::Commit
    // If the connection was lost while it committed: the number of the
    // transaction, which may have happened or not, and the statuses if it has.
    // Else empty.
    std::string in_doubt;
    std::vector<absl::Status> judged;
  };

  // As RunStore::Commit. `notify`: tell others which runs have changed.
  Outcome Commit(PostgresConnection& db, absl::Span<const RunWrite> writes,
                 bool notify);

 private:
  // One write of a round, and what is said of it.
  struct Entry {
    const RunWrite* write;
    absl::Status* status;
  };
  using Round = std::vector<Entry>;

  absl::Status TryCommit(PostgresConnection& db,
                         const std::vector<Round>& rounds, bool notify,
                         std::string& in_doubt);
  absl::Status LearnSpecifications(PostgresConnection& db,
                                   absl::Span<const RunWrite> writes);
  absl::StatusOr<RunRows> Judge(const Round& round,
                                absl::Span<const PostgresRows> rows) const;

  // Numbers of specifications by identity; committed ones only.
  absl::flat_hash_map<std::string, int64_t> specifications_;
};

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_RUN_WRITER_H_
