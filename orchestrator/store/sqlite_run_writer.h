// Writes runs into an SQLite file. Part of SqliteStore.

#ifndef ORCHESTRATOR_STORE_SQLITE_RUN_WRITER_H_
#define ORCHESTRATOR_STORE_SQLITE_RUN_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "orchestrator/store/run_store.h"
#include "orchestrator/store/sqlite_connection.h"

namespace stagecoach {

// Threads: one at a time.
// Ownership: `connection` must outlive the writer.
class SqliteRunWriter {
 public:
  explicit SqliteRunWriter(SqliteConnection& connection) : db_(connection) {}

  // As RunStore::Commit.
  std::vector<absl::Status> Commit(absl::Span<const RunWrite> writes);

 private:
  // What a write is judged by: the row of its run. A refusal is an answer, not
  // a failure of the store, and comes before anything is written.
  struct Target {
    absl::Status refusal;
    int64_t number = 0;
    int64_t event_count = 0;  // before the write
  };

  // Fails only if the store does.
  absl::Status Write(const RunWrite& write, absl::Status& refusal);
  absl::StatusOr<Target> Insert(const RunWrite& write);
  absl::StatusOr<Target> Update(const RunWrite& write);
  absl::StatusOr<Target> ConflictOf(const v1::Run& run);
  absl::StatusOr<int64_t> SpecificationNumber(const v1::Pipeline& pipeline);
  absl::Status WriteSteps(const RunWrite& write, int64_t number);
  absl::Status WriteOutputs(const v1::Step& step, int64_t number, int64_t key);
  absl::Status WriteReads(absl::Span<const ArtifactRead> reads, int64_t number);
  absl::Status WriteEvents(const RunWrite& write, const Target& target);

  SqliteConnection& db_;
  // Numbers of specifications that have been committed or are about to be;
  // forgotten whenever a transaction fails.
  absl::flat_hash_map<std::string, int64_t> specifications_;
  // Serialised messages, kept to keep their memory.
  std::string summary_;
  std::string body_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_SQLITE_RUN_WRITER_H_
