#include "orchestrator/store/sqlite_pipelines.h"

#include <optional>
#include <string>
#include <utility>

#include "orchestrator/store/pipeline_rules.h"
#include "orchestrator/store/sqlite_sql.h"
#include "orchestrator/store/stored_message.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::StatusOr<std::optional<StoredPipeline>> NextPipeline(
    const SqliteConnection& db, SqliteRows& rows) {
  SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
  if (!found) return std::nullopt;
  StoredPipeline stored;
  stored.yaml = std::string(rows.Bytes(0));
  SC_RETURN_IF_ERROR(MergeMessage(db.path(), rows.Bytes(1), stored.pipeline));
  return stored;
}

absl::StatusOr<std::optional<StoredPipeline>> ReadNewest(
    SqliteConnection& db, absl::string_view name) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kNewestPipeline, {name}));
  return NextPipeline(db, rows);
}

absl::Status InsertPipeline(SqliteConnection& db,
                            const StoredPipeline& stored) {
  const v1::Pipeline& pipeline = stored.pipeline;
  const std::string body = pipeline.SerializeAsString();
  return db.Run(sql::kInsertPipeline, {pipeline.name(), pipeline.version(),
                                       stored.yaml, SqliteBlob{body}});
}

}  // namespace

absl::StatusOr<AppliedPipeline> WritePipeline(SqliteConnection& db,
                                              const StoredPipeline& pipeline) {
  AppliedPipeline applied;
  const absl::Status status = db.InWriteTransaction([&]() -> absl::Status {
    SC_ASSIGN_OR_RETURN(const std::optional<StoredPipeline> newest,
                        ReadNewest(db, pipeline.pipeline.name()));
    if (newest.has_value() &&
        newest->pipeline.digest() == pipeline.pipeline.digest()) {
      applied.pipeline = newest->pipeline;
      return absl::OkStatus();
    }
    StoredPipeline next = pipeline;
    next.pipeline.set_version(
        newest.has_value() ? newest->pipeline.version() + 1 : 1);
    SC_RETURN_IF_ERROR(InsertPipeline(db, next));
    applied = {std::move(next.pipeline), /*changed=*/true};
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return applied;
}

absl::StatusOr<StoredPipeline> ReadPipeline(SqliteConnection& db,
                                            absl::string_view name,
                                            int64_t version) {
  SC_ASSIGN_OR_RETURN(std::optional<StoredPipeline> newest,
                      ReadNewest(db, name));
  if (!newest.has_value()) return PipelineNotFound(name);
  if (version == 0) return *std::move(newest);
  SC_ASSIGN_OR_RETURN(SqliteRows rows,
                      db.Query(sql::kGetPipeline, {name, version}));
  SC_ASSIGN_OR_RETURN(std::optional<StoredPipeline> found,
                      NextPipeline(db, rows));
  if (found.has_value()) return *std::move(found);
  return VersionNotFound(name, version, newest->pipeline.version());
}

absl::StatusOr<std::vector<v1::Pipeline>> ReadPipelines(SqliteConnection& db) {
  std::vector<v1::Pipeline> pipelines;
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kListPipelines, {}));
  for (;;) {
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) return pipelines;
    SC_RETURN_IF_ERROR(
        MergeMessage(db.path(), rows.Bytes(0), pipelines.emplace_back()));
  }
}

}  // namespace stagecoach
