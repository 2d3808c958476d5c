#include "orchestrator/store/postgres_retention.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "orchestrator/store/postgres_run_reader.h"
#include "orchestrator/store/postgres_sql.h"
#include "orchestrator/store/run_rules.h"
#include "orchestrator/store/stored_message.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach::postgres {
namespace {

PostgresArray TextsOf(absl::Span<const std::string> texts) {
  PostgresArray array = PostgresArray::Texts();
  for (const std::string& text : texts) array.Add(text);
  return array;
}

// What a deletion is judged by: in this order.
enum Look { kBodies, kPins, kReaders };

absl::Status CheckDeletable(absl::Span<const PostgresRows> rows) {
  for (int i = 0; i < rows[kBodies].size(); ++i) {
    const auto state = static_cast<v1::RunState>(rows[kBodies].Integer(i, 2));
    if (!IsTerminal(state)) {
      return CannotDelete(std::string(rows[kBodies].Bytes(i, 0)), state);
    }
  }
  if (!rows[kPins].empty()) {
    return CannotDeletePinned(rows[kPins].Bytes(0, 0), rows[kPins].Bytes(0, 1));
  }
  return absl::OkStatus();
}

std::vector<PostgresStatement> DeleteRows(const PostgresRows& bodies) {
  PostgresArray numbers = PostgresArray::Integers();
  for (int i = 0; i < bodies.size(); ++i) numbers.Add(bodies.Integer(i, 1));
  std::vector<PostgresStatement> statements;
  for (const char* sql : kDeleteRuns) statements.push_back({sql, {numbers}});
  statements.push_back(PostgresConnection::Commit());
  return statements;
}

absl::StatusOr<PostgresStatement> Remember(const PostgresConnection& db,
                                           const PostgresRows& bodies) {
  PostgresArray ids = PostgresArray::Texts();
  PostgresArray volumes = PostgresArray::Texts();
  for (int i = 0; i < bodies.size(); ++i) {
    v1::Run run;
    SC_RETURN_IF_ERROR(MergeMessage(db.name(), bodies.Bytes(i, 3), run));
    ids.Add(run.id());
    volumes.Add(run.volume());
  }
  return PostgresStatement{kInsertDeletions, {ids, volumes}};
}

}  // namespace

absl::Status SetPinned(PostgresConnection& db, absl::string_view uri,
                       bool pinned) {
  SC_ASSIGN_OR_RETURN(
      const std::vector<PostgresRows> rows,
      db.RunAll({{kFindRecorded, {uri}}, {pinned ? kPin : kUnpin, {uri}}}));
  return rows[0].empty() ? ArtifactNotFound(uri) : absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> PinnedArtifacts(
    PostgresConnection& db) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows, db.Run(kPinnedArtifacts));
  std::vector<std::string> uris;
  for (int i = 0; i < rows.size(); ++i) uris.emplace_back(rows.Bytes(i, 0));
  return uris;
}

absl::StatusOr<EndedRunPage> ListEndedRuns(PostgresConnection& db,
                                           absl::string_view page_token,
                                           int page_size) {
  SC_ASSIGN_OR_RETURN(const RunPosition start,
                      StartOfEndedPage(page_token, page_size));
  // One more than the page, to know whether there is a next one.
  SC_ASSIGN_OR_RETURN(const PostgresRows rows,
                      db.Run(kListEndedRuns, {start.create_nanos, start.number,
                                              int64_t{page_size} + 1}));
  EndedRunPage page;
  const int size = std::min(rows.size(), page_size);
  for (int i = 0; i < size; ++i) {
    v1::Run run;
    SC_RETURN_IF_ERROR(MergeMessage(db.name(), rows.Bytes(i, 2), run));
    SC_ASSIGN_OR_RETURN(const std::vector<v1::Step> steps,
                        ToSteps(db, rows, i, 3));
    page.runs.push_back(ToEndedRun(run, steps));
  }
  if (rows.size() > size) {
    page.next_page_token =
        FormatPageToken({.create_nanos = rows.Integer(size - 1, 1),
                         .number = rows.Integer(size - 1, 0)});
  }
  return page;
}

absl::StatusOr<std::vector<std::string>> RunsThatNeed(
    PostgresConnection& db, absl::string_view run_id) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows,
                      db.Run(kFindReaders, {TextsOf({std::string(run_id)})}));
  std::vector<std::string> ids;
  for (int i = 0; i < rows.size(); ++i) ids.emplace_back(rows.Bytes(i, 1));
  return ids;
}

absl::Status NeedArtifacts(PostgresConnection& db, absl::string_view run_id,
                           absl::Span<const std::string> uris) {
  const PostgresArray wanted = TextsOf(uris);
  return db.InTransaction(
      {{kLockMakers, {wanted}}, {kNeedArtifacts, {run_id, wanted}}},
      [&](absl::Span<const PostgresRows> rows) -> absl::Status {
        std::set<std::string, std::less<>> recorded;
        for (int i = 0; i < rows[0].size(); ++i) {
          recorded.emplace(rows[0].Bytes(i, 0));
        }
        for (const std::string& uri : uris) {
          if (!recorded.contains(uri)) return ArtifactNotFound(uri);
        }
        if (rows[1].empty()) return RunNotFound(run_id);
        return db.RunAll({PostgresConnection::Commit()}).status();
      });
}

absl::Status DeleteRun(PostgresConnection& db, absl::string_view run_id) {
  const PostgresArray ids = TextsOf({std::string(run_id)});
  return db.InTransaction(
      {{kLockBodies, {ids}}, {kFindPinsOf, {ids}}},
      [&](absl::Span<const PostgresRows> rows) -> absl::Status {
        SC_RETURN_IF_ERROR(CheckDeletable(rows));
        return db.RunAll(DeleteRows(rows[kBodies])).status();
      });
}

absl::Status StartDeletion(PostgresConnection& db,
                           absl::Span<const std::string> run_ids) {
  const PostgresArray ids = TextsOf(run_ids);
  return db.InTransaction(
      {{kLockBodies, {ids}}, {kFindPinsOf, {ids}}, {kFindReaders, {ids}}},
      [&](absl::Span<const PostgresRows> rows) -> absl::Status {
        SC_RETURN_IF_ERROR(CheckDeletable(rows));
        if (!rows[kReaders].empty()) {
          return CannotDeleteNeeded(rows[kReaders].Bytes(0, 0),
                                    rows[kReaders].Bytes(0, 1));
        }
        SC_ASSIGN_OR_RETURN(const PostgresStatement remember,
                            Remember(db, rows[kBodies]));
        std::vector<PostgresStatement> statements = DeleteRows(rows[kBodies]);
        statements.insert(statements.begin(), remember);
        return db.RunAll(statements).status();
      });
}

absl::StatusOr<std::vector<PendingDeletion>> PendingDeletions(
    PostgresConnection& db) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows, db.Run(kPendingDeletions));
  std::vector<PendingDeletion> deletions;
  for (int i = 0; i < rows.size(); ++i) {
    deletions.push_back(
        {std::string(rows.Bytes(i, 0)), std::string(rows.Bytes(i, 1))});
  }
  return deletions;
}

absl::Status FinishDeletion(PostgresConnection& db, absl::string_view run_id) {
  return db.Run(kFinishDeletion, {run_id}).status();
}

}  // namespace stagecoach::postgres
