#include "orchestrator/store/postgres_run_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "orchestrator/store/postgres_sql.h"
#include "orchestrator/store/run_rules.h"
#include "orchestrator/store/stored_message.h"
#include "services/common/base/status_macros.h"

namespace stagecoach::postgres {
namespace {

absl::StatusOr<PostgresRows> QueryPage(PostgresConnection& db,
                                       const RunFilter& filter,
                                       const RunPosition& start) {
  // One more than the page, to know whether there is a next one.
  std::vector<PostgresValue> values = {start.create_nanos, start.number,
                                       int64_t{filter.page_size} + 1,
                                       OldestNanos(filter)};
  const bool any_pipeline = filter.pipeline.empty();
  const bool any_state = filter.state == v1::RUN_STATE_UNSPECIFIED;
  if (!any_pipeline) values.emplace_back(filter.pipeline);
  if (!any_state) values.emplace_back(int64_t{filter.state});
  const char* const sql =
      any_pipeline
          ? (any_state ? kListRuns : kListRunsInState)
          : (any_state ? kListRunsOfPipeline : kListRunsOfPipelineInState);
  return db.Run(sql, std::move(values));
}

absl::StatusOr<std::vector<CachedStep>> ToCachedSteps(
    const PostgresConnection& db, const PostgresRows& rows) {
  std::vector<CachedStep> steps(rows.size());
  for (int i = 0; i < rows.size(); ++i) {
    steps[i].run_id = std::string(rows.Bytes(i, 0));
    SC_RETURN_IF_ERROR(
        MergeMessage(db.name(), rows.Bytes(i, 1), steps[i].step));
  }
  return steps;
}

}  // namespace

absl::StatusOr<std::vector<v1::Step>> ToSteps(const PostgresConnection& db,
                                              const PostgresRows& rows, int row,
                                              int column) {
  std::vector<v1::Step> steps;
  for (const absl::string_view body : rows.Array(row, column)) {
    SC_RETURN_IF_ERROR(MergeMessage(db.name(), body, steps.emplace_back()));
  }
  return steps;
}

absl::StatusOr<v1::Run> ToRun(const PostgresConnection& db,
                              const PostgresRows& rows, int row) {
  v1::Run run;
  SC_RETURN_IF_ERROR(MergeMessage(db.name(), rows.Bytes(row, 0), run));
  run.set_holder(std::string(rows.Bytes(row, 1)));
  run.set_lease_epoch(rows.Integer(row, 2));
  SC_RETURN_IF_ERROR(
      MergeMessage(db.name(), rows.Bytes(row, 3), *run.mutable_pipeline()));
  SC_ASSIGN_OR_RETURN(std::vector<v1::Step> steps, ToSteps(db, rows, row, 4));
  for (v1::Step& step : steps) *run.add_steps() = std::move(step);
  return run;
}

absl::StatusOr<v1::Run> GetRun(PostgresConnection& db,
                               absl::string_view run_id) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows, db.Run(kGetRun, {run_id}));
  if (rows.empty()) return RunNotFound(run_id);
  return ToRun(db, rows, 0);
}

absl::StatusOr<RunPage> ListRuns(PostgresConnection& db,
                                 const RunFilter& filter) {
  SC_ASSIGN_OR_RETURN(const RunPosition start, StartOfPage(filter));
  SC_ASSIGN_OR_RETURN(const PostgresRows rows, QueryPage(db, filter, start));
  RunPage page;
  const int size = std::min(rows.size(), filter.page_size);
  for (int i = 0; i < size; ++i) {
    v1::Run& run = page.runs.emplace_back();
    SC_RETURN_IF_ERROR(MergeMessage(db.name(), rows.Bytes(i, 2), run));
    run.clear_outputs();
    run.set_holder(std::string(rows.Bytes(i, 3)));
    run.set_lease_epoch(rows.Integer(i, 4));
    SC_ASSIGN_OR_RETURN(std::vector<v1::Step> steps, ToSteps(db, rows, i, 5));
    for (v1::Step& step : steps) *run.add_steps() = std::move(step);
  }
  if (rows.size() > size) {
    page.next_page_token =
        FormatPageToken({.create_nanos = rows.Integer(size - 1, 1),
                         .number = rows.Integer(size - 1, 0)});
  }
  return page;
}

absl::StatusOr<std::vector<v1::Run>> UnfinishedRuns(PostgresConnection& db) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows, db.Run(kUnfinishedRuns));
  std::vector<v1::Run> runs;
  for (int i = 0; i < rows.size(); ++i) {
    SC_ASSIGN_OR_RETURN(v1::Run run, ToRun(db, rows, i));
    runs.push_back(std::move(run));
  }
  return runs;
}

absl::StatusOr<std::optional<KeyedRun>> FindRunByKey(PostgresConnection& db,
                                                     absl::string_view key) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows, db.Run(kFindRunByKey, {key}));
  if (rows.empty()) return std::nullopt;
  return KeyedRun{std::string(rows.Bytes(0, 0)), std::string(rows.Bytes(0, 1))};
}

absl::StatusOr<std::vector<v1::RunEvent>> ListEvents(PostgresConnection& db,
                                                     absl::string_view run_id,
                                                     int64_t after_cursor,
                                                     int limit) {
  SC_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      db.Run(kListEvents, {run_id, after_cursor, int64_t{limit}}));
  std::vector<v1::RunEvent> events(rows.size());
  for (int i = 0; i < rows.size(); ++i) {
    SC_RETURN_IF_ERROR(MergeMessage(db.name(), rows.Bytes(i, 1), events[i]));
    events[i].set_cursor(rows.Integer(i, 0));
  }
  return events;
}

absl::StatusOr<v1::RecordedArtifact> FindArtifact(PostgresConnection& db,
                                                  absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows, db.Run(kFindArtifact, {uri}));
  if (rows.empty()) return ArtifactNotFound(uri);
  v1::Step step;
  SC_RETURN_IF_ERROR(MergeMessage(db.name(), rows.Bytes(0, 1), step));
  SC_ASSIGN_OR_RETURN(v1::RecordedArtifact recorded,
                      RecordedOutput(rows.Bytes(0, 0), step, uri));
  recorded.set_pinned(rows.Integer(0, 2) != 0);
  return recorded;
}

absl::StatusOr<std::vector<v1::ArtifactUse>> FindArtifactUses(
    PostgresConnection& db, absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows,
                      db.Run(kFindArtifactUses, {uri}));
  std::vector<v1::ArtifactUse> uses(rows.size());
  for (int i = 0; i < rows.size(); ++i) {
    uses[i].set_run_id(std::string(rows.Bytes(i, 0)));
    uses[i].set_step(std::string(rows.Bytes(i, 1)));
    uses[i].set_input(std::string(rows.Bytes(i, 2)));
  }
  return uses;
}

absl::StatusOr<std::vector<CachedStep>> FindCachedSteps(
    PostgresConnection& db, absl::string_view cache_key, int limit) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows,
                      db.Run(kFindCachedSteps, {cache_key, int64_t{limit}}));
  return ToCachedSteps(db, rows);
}

absl::StatusOr<std::vector<CachedStep>> RecentCachedSteps(
    PostgresConnection& db, absl::string_view stage, int limit) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows,
                      db.Run(kRecentCachedSteps, {stage, int64_t{limit}}));
  return ToCachedSteps(db, rows);
}

}  // namespace stagecoach::postgres
