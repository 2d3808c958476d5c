#include "orchestrator/store/sqlite_run_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "orchestrator/store/run_rules.h"
#include "orchestrator/store/sqlite_key.h"
#include "orchestrator/store/sqlite_sql.h"
#include "orchestrator/store/stored_message.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// A run as kGetRun and kUnfinishedRuns return it, before its steps are added.
struct RunRow {
  int64_t number = 0;
  v1::Run run;
};

absl::StatusOr<RunRow> ToRunRow(const SqliteConnection& db,
                                const SqliteRows& rows) {
  RunRow row;
  row.number = rows.Integer(0);
  SC_RETURN_IF_ERROR(MergeMessage(db.path(), rows.Bytes(1), row.run));
  SC_RETURN_IF_ERROR(
      MergeMessage(db.path(), rows.Bytes(2), *row.run.mutable_pipeline()));
  return row;
}

absl::Status AddSteps(SqliteConnection& db, int64_t number, v1::Run& run) {
  SC_ASSIGN_OR_RETURN(std::vector<v1::Step> steps, ReadSteps(db, number));
  run.mutable_steps()->Reserve(static_cast<int>(steps.size()));
  for (v1::Step& step : steps) *run.add_steps() = std::move(step);
  return absl::OkStatus();
}

absl::Status AddStepSummaries(SqliteConnection& db, int64_t number,
                              v1::Run& run) {
  SC_ASSIGN_OR_RETURN(
      SqliteRows rows,
      db.Query(sql::kGetStepSummaries, {FirstKey(number), EndKey(number)}));
  for (;;) {
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) return absl::OkStatus();
    SC_RETURN_IF_ERROR(
        MergeMessage(db.path(), rows.Bytes(0), *run.add_steps()));
  }
}

absl::StatusOr<SqliteRows> QueryPage(SqliteConnection& db,
                                     const RunFilter& filter,
                                     const RunPosition& start) {
  // One more than the page, to know whether there is a next one.
  const int64_t limit = filter.page_size + 1;
  const int64_t state = filter.state;
  const bool any_pipeline = filter.pipeline.empty();
  const bool any_state = filter.state == v1::RUN_STATE_UNSPECIFIED;
  const int64_t oldest = OldestNanos(filter);
  if (any_pipeline && any_state) {
    return db.Query(sql::kListRuns,
                    {start.create_nanos, start.number, limit, oldest});
  }
  if (any_state) {
    return db.Query(sql::kListRunsOfPipeline, {start.create_nanos, start.number,
                                               limit, oldest, filter.pipeline});
  }
  if (any_pipeline) {
    return db.Query(sql::kListRunsInState,
                    {start.create_nanos, start.number, limit, oldest, state});
  }
  return db.Query(sql::kListRunsOfPipelineInState,
                  {start.create_nanos, start.number, limit, oldest,
                   filter.pipeline, state});
}

absl::Status FillPage(SqliteConnection& db, const RunFilter& filter,
                      const RunPosition& start, RunPage& page) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, QueryPage(db, filter, start));
  RunPosition last;
  for (;;) {
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) return absl::OkStatus();
    if (static_cast<int>(page.runs.size()) == filter.page_size) {
      page.next_page_token = FormatPageToken(last);
      return absl::OkStatus();
    }
    last = {.create_nanos = rows.Integer(1), .number = rows.Integer(0)};
    v1::Run& run = page.runs.emplace_back();
    SC_RETURN_IF_ERROR(MergeMessage(db.path(), rows.Bytes(2), run));
    run.clear_outputs();
    SC_RETURN_IF_ERROR(AddStepSummaries(db, last.number, run));
  }
}

absl::StatusOr<std::vector<CachedStep>> ToCachedSteps(
    const SqliteConnection& db, SqliteRows rows) {
  std::vector<CachedStep> steps;
  for (;;) {
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) return steps;
    CachedStep& cached = steps.emplace_back();
    cached.run_id = std::string(rows.Bytes(0));
    SC_RETURN_IF_ERROR(MergeMessage(db.path(), rows.Bytes(1), cached.step));
  }
}

}  // namespace

absl::StatusOr<v1::Run> ReadRun(SqliteConnection& db,
                                absl::string_view run_id) {
  RunRow row;
  const absl::Status status = db.InReadTransaction([&]() -> absl::Status {
    SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kGetRun, {run_id}));
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) return RunNotFound(run_id);
    SC_ASSIGN_OR_RETURN(row, ToRunRow(db, rows));
    return AddSteps(db, row.number, row.run);
  });
  if (!status.ok()) return status;
  return std::move(row.run);
}

absl::StatusOr<RunPage> ReadRunPage(SqliteConnection& db,
                                    const RunFilter& filter) {
  SC_ASSIGN_OR_RETURN(const RunPosition start, StartOfPage(filter));
  RunPage page;
  SC_RETURN_IF_ERROR(
      db.InReadTransaction([&] { return FillPage(db, filter, start, page); }));
  return page;
}

absl::StatusOr<std::vector<v1::Run>> ReadUnfinishedRuns(SqliteConnection& db) {
  std::vector<v1::Run> runs;
  const absl::Status status = db.InReadTransaction([&]() -> absl::Status {
    SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kUnfinishedRuns, {}));
    for (;;) {
      SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
      if (!found) return absl::OkStatus();
      SC_ASSIGN_OR_RETURN(RunRow row, ToRunRow(db, rows));
      SC_RETURN_IF_ERROR(AddSteps(db, row.number, row.run));
      runs.push_back(std::move(row.run));
    }
  });
  if (!status.ok()) return status;
  return runs;
}

absl::StatusOr<std::optional<KeyedRun>> ReadRunByKey(SqliteConnection& db,
                                                     absl::string_view key) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kFindRunByKey, {key}));
  SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
  if (!found) return std::nullopt;
  return KeyedRun{std::string(rows.Bytes(0)), std::string(rows.Bytes(1))};
}

absl::StatusOr<std::vector<v1::RunEvent>> ReadEvents(SqliteConnection& db,
                                                     absl::string_view run_id,
                                                     int64_t after_cursor,
                                                     int limit) {
  std::vector<v1::RunEvent> events;
  const absl::Status status = db.InReadTransaction([&]() -> absl::Status {
    SC_ASSIGN_OR_RETURN(const std::optional<int64_t> number,
                        FindRunNumber(db, run_id));
    if (!number.has_value()) return absl::OkStatus();
    SC_ASSIGN_OR_RETURN(
        SqliteRows rows,
        db.Query(sql::kListEvents,
                 {SqliteKey(*number,
                            std::clamp<int64_t>(after_cursor, 0, kMaxOrdinal)),
                  EndKey(*number), int64_t{limit}}));
    for (;;) {
      SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
      if (!found) return absl::OkStatus();
      v1::RunEvent& event = events.emplace_back();
      SC_RETURN_IF_ERROR(MergeMessage(db.path(), rows.Bytes(1), event));
      event.set_cursor(OrdinalOf(rows.Integer(0)));
    }
  });
  if (!status.ok()) return status;
  return events;
}

absl::StatusOr<v1::RecordedArtifact> ReadArtifact(SqliteConnection& db,
                                                  absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kFindArtifact, {uri}));
  SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
  if (!found) return ArtifactNotFound(uri);
  v1::Step step;
  SC_RETURN_IF_ERROR(MergeMessage(db.path(), rows.Bytes(1), step));
  SC_ASSIGN_OR_RETURN(v1::RecordedArtifact recorded,
                      RecordedOutput(rows.Bytes(0), step, uri));
  recorded.set_pinned(rows.Integer(2) != 0);
  return recorded;
}

absl::StatusOr<std::vector<v1::ArtifactUse>> ReadArtifactUses(
    SqliteConnection& db, absl::string_view uri) {
  std::vector<v1::ArtifactUse> uses;
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kFindArtifactUses, {uri}));
  for (;;) {
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) return uses;
    v1::ArtifactUse& use = uses.emplace_back();
    use.set_run_id(std::string(rows.Bytes(0)));
    use.set_step(std::string(rows.Bytes(1)));
    use.set_input(std::string(rows.Bytes(2)));
  }
}

absl::StatusOr<std::vector<CachedStep>> ReadCachedSteps(
    SqliteConnection& db, absl::string_view cache_key, int limit) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kFindCachedSteps,
                                                {cache_key, int64_t{limit}}));
  return ToCachedSteps(db, std::move(rows));
}

absl::StatusOr<std::vector<CachedStep>> ReadRecentCachedSteps(
    SqliteConnection& db, absl::string_view stage, int limit) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kRecentCachedSteps,
                                                {stage, int64_t{limit}}));
  return ToCachedSteps(db, std::move(rows));
}

absl::StatusOr<std::optional<int64_t>> FindRunNumber(SqliteConnection& db,
                                                     absl::string_view run_id) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kFindRunNumber, {run_id}));
  SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
  if (!found) return std::nullopt;
  return rows.Integer(0);
}

absl::StatusOr<v1::Run> ReadRunByNumber(SqliteConnection& db, int64_t number) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows,
                      db.Query(sql::kGetRunByNumber, {number}));
  SC_RETURN_IF_ERROR(rows.Next().status());
  SC_ASSIGN_OR_RETURN(RunRow row, ToRunRow(db, rows));
  SC_RETURN_IF_ERROR(AddSteps(db, number, row.run));
  return std::move(row.run);
}

absl::StatusOr<std::vector<v1::Step>> ReadSteps(SqliteConnection& db,
                                                int64_t number) {
  std::vector<v1::Step> steps;
  SC_ASSIGN_OR_RETURN(
      SqliteRows rows,
      db.Query(sql::kGetSteps, {FirstKey(number), EndKey(number)}));
  for (;;) {
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) return steps;
    SC_RETURN_IF_ERROR(
        MergeMessage(db.path(), rows.Bytes(0), steps.emplace_back()));
  }
}

}  // namespace stagecoach
