// Keeps pipelines in an SQLite file. Part of SqliteStore; each function is as
// the method of PipelineStore that it is named after, on one connection.

#ifndef ORCHESTRATOR_STORE_SQLITE_PIPELINES_H_
#define ORCHESTRATOR_STORE_SQLITE_PIPELINES_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/store/pipeline_store.h"
#include "orchestrator/store/sqlite_connection.h"

namespace stagecoach {

absl::StatusOr<AppliedPipeline> WritePipeline(SqliteConnection& db,
                                              const StoredPipeline& pipeline);
absl::StatusOr<StoredPipeline> ReadPipeline(SqliteConnection& db,
                                            absl::string_view name,
                                            int64_t version);
absl::StatusOr<std::vector<v1::Pipeline>> ReadPipelines(SqliteConnection& db);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_SQLITE_PIPELINES_H_
