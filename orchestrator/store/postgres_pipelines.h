// Pipelines in a PostgreSQL database. Part of PostgresStore; each function is
// as the method of PipelineStore that it is named after, on one connection.

#ifndef ORCHESTRATOR_STORE_POSTGRES_PIPELINES_H_
#define ORCHESTRATOR_STORE_POSTGRES_PIPELINES_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/store/pipeline_store.h"
#include "orchestrator/store/postgres_connection.h"

namespace stagecoach::postgres {

absl::StatusOr<AppliedPipeline> ApplyPipeline(PostgresConnection& db,
                                              const StoredPipeline& pipeline);
absl::StatusOr<StoredPipeline> GetPipeline(PostgresConnection& db,
                                           absl::string_view name,
                                           int64_t version);
absl::StatusOr<std::vector<v1::Pipeline>> ListPipelines(PostgresConnection& db);

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_PIPELINES_H_
