#include "orchestrator/store/sqlite_retention.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "orchestrator/store/run_rules.h"
#include "orchestrator/store/sqlite_key.h"
#include "orchestrator/store/sqlite_run_reader.h"
#include "orchestrator/store/sqlite_sql.h"
#include "orchestrator/store/stored_message.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach::sqlite {
namespace {

// A run that may be deleted as far as it can say itself.
struct Deletable {
  int64_t number = 0;
  std::vector<v1::Step> steps;
};

absl::StatusOr<bool> Exists(SqliteConnection& db, const char* sql,
                            absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql, {uri}));
  return rows.Next();
}

absl::StatusOr<std::vector<std::string>> Strings(SqliteRows rows) {
  std::vector<std::string> strings;
  for (;;) {
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) return strings;
    strings.emplace_back(rows.Bytes(0));
  }
}

// The steps say which artifacts a run has made, so that artifacts need no
// index by run.
std::vector<absl::string_view> UrisOf(absl::Span<const v1::Step> steps) {
  std::vector<absl::string_view> uris;
  for (const v1::Step& step : steps) {
    if (!MakesArtifacts(step)) continue;
    for (const v1::Artifact& output : step.outputs()) {
      uris.push_back(output.uri());
    }
  }
  return uris;
}

// Nothing if there is no such run.
absl::StatusOr<std::optional<Deletable>> FindDeletable(
    SqliteConnection& db, absl::string_view run_id) {
  Deletable deletable;
  {
    SC_ASSIGN_OR_RETURN(SqliteRows head, db.Query(sql::kFindRunHead, {run_id}));
    SC_ASSIGN_OR_RETURN(const bool found, head.Next());
    if (!found) return std::nullopt;
    deletable.number = head.Integer(0);
    const auto state = static_cast<v1::RunState>(head.Integer(1));
    if (!IsTerminal(state)) return CannotDelete(std::string(run_id), state);
  }
  SC_ASSIGN_OR_RETURN(deletable.steps, ReadSteps(db, deletable.number));
  for (const absl::string_view uri : UrisOf(deletable.steps)) {
    SC_ASSIGN_OR_RETURN(const bool pinned, Exists(db, sql::kFindPin, uri));
    if (pinned) return CannotDeletePinned(run_id, uri);
  }
  return deletable;
}

absl::Status DeleteRows(SqliteConnection& db, const Deletable& deletable) {
  const int64_t first = FirstKey(deletable.number);
  const int64_t end = EndKey(deletable.number);
  for (const absl::string_view uri : UrisOf(deletable.steps)) {
    SC_RETURN_IF_ERROR(db.Run(sql::kDeleteArtifact, {first, end, uri}));
  }
  for (size_t i = 0; i < deletable.steps.size(); ++i) {
    const v1::Step& step = deletable.steps[i];
    if (!IsCached(step)) continue;
    SC_RETURN_IF_ERROR(
        db.Run(sql::kDeleteCachedStep,
               {step.cache().key(), StateNanos(step),
                SqliteKey(deletable.number, static_cast<int64_t>(i))}));
  }
  SC_RETURN_IF_ERROR(db.Run(sql::kDeleteArtifactReads, {deletable.number}));
  SC_RETURN_IF_ERROR(db.Run(sql::kDeleteWishes, {deletable.number}));
  SC_RETURN_IF_ERROR(db.Run(sql::kDeleteEvents, {first, end}));
  SC_RETURN_IF_ERROR(db.Run(sql::kDeleteSteps, {first, end}));
  return db.Run(sql::kDeleteRun, {deletable.number});
}

absl::StatusOr<std::set<std::string>> NeededBy(
    SqliteConnection& db, int64_t number, absl::Span<const v1::Step> steps) {
  std::set<std::string> needed_by;
  for (const absl::string_view uri : UrisOf(steps)) {
    SC_ASSIGN_OR_RETURN(SqliteRows rows,
                        db.Query(sql::kFindOtherReaders, {uri, number}));
    SC_ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                        Strings(std::move(rows)));
    needed_by.insert(ids.begin(), ids.end());
  }
  return needed_by;
}

absl::Status NeedOne(SqliteConnection& db, int64_t number,
                     absl::string_view uri) {
  SC_ASSIGN_OR_RETURN(const bool recorded,
                      Exists(db, sql::kFindArtifactStep, uri));
  if (!recorded) return ArtifactNotFound(uri);
  return db.Run(sql::kInsertArtifactRead, {uri, number, "", ""});
}

absl::Status StartOne(SqliteConnection& db, const std::string& run_id,
                      const Deletable& deletable) {
  SC_ASSIGN_OR_RETURN(const v1::Run run, ReadRunByNumber(db, deletable.number));
  SC_RETURN_IF_ERROR(db.Run(sql::kInsertDeletion, {run_id, run.volume()}));
  return DeleteRows(db, deletable);
}

}  // namespace

absl::Status SetPinned(SqliteConnection& db, absl::string_view uri,
                       bool pinned) {
  return db.InWriteTransaction([&]() -> absl::Status {
    SC_ASSIGN_OR_RETURN(const bool recorded,
                        Exists(db, sql::kFindArtifactStep, uri));
    if (!recorded) return ArtifactNotFound(uri);
    return db.Run(pinned ? sql::kPin : sql::kUnpin, {uri});
  });
}

absl::StatusOr<std::vector<std::string>> PinnedArtifacts(SqliteConnection& db) {
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kPinnedArtifacts, {}));
  return Strings(std::move(rows));
}

absl::StatusOr<EndedRunPage> ListEndedRuns(SqliteConnection& db,
                                           absl::string_view page_token,
                                           int page_size) {
  SC_ASSIGN_OR_RETURN(const RunPosition start,
                      StartOfEndedPage(page_token, page_size));
  EndedRunPage page;
  const absl::Status status = db.InReadTransaction([&]() -> absl::Status {
    // One more than the page, to know whether there is a next one.
    SC_ASSIGN_OR_RETURN(
        SqliteRows rows,
        db.Query(sql::kListEndedRuns,
                 {start.create_nanos, start.number, int64_t{page_size} + 1}));
    RunPosition last;
    for (;;) {
      SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
      if (!found) return absl::OkStatus();
      if (static_cast<int>(page.runs.size()) == page_size) {
        page.next_page_token = FormatPageToken(last);
        return absl::OkStatus();
      }
      last = {.create_nanos = rows.Integer(1), .number = rows.Integer(0)};
      v1::Run run;
      SC_RETURN_IF_ERROR(MergeMessage(db.path(), rows.Bytes(2), run));
      SC_ASSIGN_OR_RETURN(const std::vector<v1::Step> steps,
                          ReadSteps(db, last.number));
      page.runs.push_back(ToEndedRun(run, steps));
    }
  });
  if (!status.ok()) return status;
  return page;
}

absl::StatusOr<std::vector<std::string>> RunsThatNeed(
    SqliteConnection& db, absl::string_view run_id) {
  std::set<std::string> ids;
  const absl::Status status = db.InReadTransaction([&]() -> absl::Status {
    SC_ASSIGN_OR_RETURN(const std::optional<int64_t> number,
                        FindRunNumber(db, run_id));
    if (!number.has_value()) return absl::OkStatus();
    SC_ASSIGN_OR_RETURN(const std::vector<v1::Step> steps,
                        ReadSteps(db, *number));
    SC_ASSIGN_OR_RETURN(ids, NeededBy(db, *number, steps));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return std::vector<std::string>(ids.begin(), ids.end());
}

absl::Status NeedArtifacts(SqliteConnection& db, absl::string_view run_id,
                           absl::Span<const std::string> uris) {
  return db.InWriteTransaction([&]() -> absl::Status {
    int64_t number = 0;
    {
      SC_ASSIGN_OR_RETURN(SqliteRows rows,
                          db.Query(sql::kFindRunNumber, {run_id}));
      SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
      if (!found) return RunNotFound(run_id);
      number = rows.Integer(0);
    }
    for (const std::string& uri : uris) {
      SC_RETURN_IF_ERROR(NeedOne(db, number, uri));
    }
    return absl::OkStatus();
  });
}

absl::Status DeleteRun(SqliteConnection& db, absl::string_view run_id) {
  return db.InWriteTransaction([&]() -> absl::Status {
    SC_ASSIGN_OR_RETURN(const std::optional<Deletable> deletable,
                        FindDeletable(db, run_id));
    return deletable.has_value() ? DeleteRows(db, *deletable)
                                 : absl::OkStatus();
  });
}

absl::Status StartDeletion(SqliteConnection& db,
                           absl::Span<const std::string> run_ids) {
  return db.InWriteTransaction([&]() -> absl::Status {
    std::map<std::string, Deletable> going;
    for (const std::string& run_id : run_ids) {
      SC_ASSIGN_OR_RETURN(std::optional<Deletable> deletable,
                          FindDeletable(db, run_id));
      if (deletable.has_value()) going[run_id] = *std::move(deletable);
    }
    for (const auto& [run_id, deletable] : going) {
      SC_ASSIGN_OR_RETURN(const std::set<std::string> needed_by,
                          NeededBy(db, deletable.number, deletable.steps));
      for (const std::string& other : needed_by) {
        if (!going.contains(other)) return CannotDeleteNeeded(run_id, other);
      }
    }
    for (const auto& [run_id, deletable] : going) {
      SC_RETURN_IF_ERROR(StartOne(db, run_id, deletable));
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<PendingDeletion>> PendingDeletions(
    SqliteConnection& db) {
  std::vector<PendingDeletion> deletions;
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kListDeletions, {}));
  for (;;) {
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) return deletions;
    deletions.push_back(
        {std::string(rows.Bytes(0)), std::string(rows.Bytes(1))});
  }
}

absl::Status FinishDeletion(SqliteConnection& db, absl::string_view run_id) {
  return db.Run(sql::kFinishDeletion, {run_id});
}

}  // namespace stagecoach::sqlite
