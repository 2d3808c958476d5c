#include "orchestrator/store/postgres_pipelines.h"

#include <string>
#include <utility>

#include "orchestrator/store/pipeline_rules.h"
#include "orchestrator/store/postgres_sql.h"
#include "orchestrator/store/stored_message.h"
#include "services/common/base/status_macros.h"

namespace stagecoach::postgres {
namespace {

absl::StatusOr<StoredPipeline> ToPipeline(const PostgresConnection& db,
                                          const PostgresRows& rows) {
  StoredPipeline stored;
  stored.yaml = std::string(rows.Bytes(0, 0));
  SC_RETURN_IF_ERROR(
      MergeMessage(db.name(), rows.Bytes(0, 1), stored.pipeline));
  return stored;
}

}  // namespace

absl::StatusOr<AppliedPipeline> ApplyPipeline(PostgresConnection& db,
                                              const StoredPipeline& pipeline) {
  AppliedPipeline applied;
  v1::Pipeline next = pipeline.pipeline;
  const absl::Status status = db.InTransaction(
      {{kLockPipeline, {next.name()}}, {kNewestPipeline, {next.name()}}},
      [&](absl::Span<const PostgresRows> rows) -> absl::Status {
        next.set_version(1);
        if (!rows[1].empty()) {
          SC_ASSIGN_OR_RETURN(StoredPipeline newest, ToPipeline(db, rows[1]));
          if (newest.pipeline.digest() == next.digest()) {
            applied.pipeline = std::move(newest.pipeline);
            return absl::OkStatus();
          }
          next.set_version(newest.pipeline.version() + 1);
        }
        applied = {next, /*changed=*/true};
        return db
            .RunAll({{kInsertPipeline,
                      {next.name(), next.version(), pipeline.yaml,
                       next.SerializeAsString()}},
                     PostgresConnection::Commit()})
            .status();
      });
  if (!status.ok()) return status;
  return applied;
}

absl::StatusOr<StoredPipeline> GetPipeline(PostgresConnection& db,
                                           absl::string_view name,
                                           int64_t version) {
  SC_ASSIGN_OR_RETURN(
      const std::vector<PostgresRows> rows,
      db.RunAll({{kNewestPipeline, {name}}, {kGetPipeline, {name, version}}}));
  if (rows[0].empty()) return PipelineNotFound(name);
  if (version != 0 && !rows[1].empty()) return ToPipeline(db, rows[1]);
  SC_ASSIGN_OR_RETURN(StoredPipeline newest, ToPipeline(db, rows[0]));
  if (version == 0) return newest;
  return VersionNotFound(name, version, newest.pipeline.version());
}

absl::StatusOr<std::vector<v1::Pipeline>> ListPipelines(
    PostgresConnection& db) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows, db.Run(kListPipelines));
  std::vector<v1::Pipeline> pipelines(rows.size());
  for (int i = 0; i < rows.size(); ++i) {
    SC_RETURN_IF_ERROR(MergeMessage(db.name(), rows.Bytes(i, 0), pipelines[i]));
  }
  return pipelines;
}

}  // namespace stagecoach::postgres
