#include "orchestrator/store/postgres_leases.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "orchestrator/store/postgres_run_reader.h"
#include "orchestrator/store/postgres_sql.h"
#include "orchestrator/store/run_rules.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach::postgres {
namespace {

// What UPDATE ... RETURNING returns is in no order.
absl::StatusOr<std::vector<v1::Run>> OldestFirst(const PostgresConnection& db,
                                                 const PostgresRows& rows) {
  std::vector<std::tuple<int64_t, int64_t, int>> order;
  for (int i = 0; i < rows.size(); ++i) {
    order.emplace_back(rows.Integer(i, 5), rows.Integer(i, 6), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<v1::Run> runs;
  for (const auto& [time, number, row] : order) {
    SC_ASSIGN_OR_RETURN(v1::Run run, ToRun(db, rows, row));
    runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace

absl::StatusOr<int64_t> RenewLease(PostgresConnection& db,
                                   absl::string_view holder,
                                   absl::Duration ttl) {
  SC_ASSIGN_OR_RETURN(
      const std::vector<PostgresRows> rows,
      db.RunAll({{kRenewLease, {holder, absl::ToInt64Microseconds(ttl)}},
                 {kCountOthers, {holder}}}));
  if (rows[0].empty()) return LeaseLost(holder);
  return rows[1].Integer(0, 0);
}

absl::Status ReleaseLease(PostgresConnection& db, absl::string_view holder) {
  // Others may want the runs at once.
  return db.RunAll({{kReleaseLease, {holder}}, {kNotify, {""}}}).status();
}

absl::StatusOr<std::vector<v1::Run>> AcquireRuns(PostgresConnection& db,
                                                 absl::string_view holder,
                                                 int limit) {
  std::vector<v1::Run> runs;
  const absl::Status status = db.InTransaction(
      {{kLockAcquisition},
       {kLockLease, {holder}},
       {kEndLeases, {holder}},
       {kForgetLeases}},
      [&](absl::Span<const PostgresRows> first) -> absl::Status {
        if (first[1].empty()) return LeaseLost(holder);
        SC_ASSIGN_OR_RETURN(const std::vector<PostgresRows> rows,
                            db.RunAll({{kAcquireRuns, {holder, int64_t{limit}}},
                                       PostgresConnection::Commit()}));
        SC_ASSIGN_OR_RETURN(runs, OldestFirst(db, rows[0]));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return runs;
}

absl::Status AddWish(PostgresConnection& db, const RunWish& wish) {
  PostgresArray ids = PostgresArray::Texts();
  ids.Add(wish.run_id);
  return db.InTransaction(
      {{kLockRuns, {ids}}},
      [&](absl::Span<const PostgresRows> rows) -> absl::Status {
        if (rows[0].empty()) return RunNotFound(wish.run_id);
        const auto state = static_cast<v1::RunState>(rows[0].Integer(0, 2));
        if (IsTerminal(state)) return CannotWish(wish.run_id, state);
        return db
            .RunAll({{kAddWish,
                      {rows[0].Integer(0, 1), static_cast<int64_t>(wish.kind),
                       wish.reason}},
                     {kNotify, {""}},
                     PostgresConnection::Commit()})
            .status();
      });
}

absl::StatusOr<std::vector<RunWish>> WishesFor(PostgresConnection& db,
                                               absl::string_view holder) {
  SC_ASSIGN_OR_RETURN(const PostgresRows rows, db.Run(kWishesFor, {holder}));
  std::vector<RunWish> wishes(rows.size());
  for (int i = 0; i < rows.size(); ++i) {
    wishes[i] = {.number = rows.Integer(i, 0),
                 .run_id = std::string(rows.Bytes(i, 1)),
                 .kind = static_cast<RunWish::Kind>(rows.Integer(i, 2)),
                 .reason = std::string(rows.Bytes(i, 3))};
  }
  return wishes;
}

absl::Status ForgetWish(PostgresConnection& db, int64_t number) {
  return db.Run(kForgetWish, {number}).status();
}

}  // namespace stagecoach::postgres
