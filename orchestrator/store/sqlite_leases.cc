#include "orchestrator/store/sqlite_leases.h"

#include <string>
#include <utility>

#include "orchestrator/store/run_rules.h"
#include "orchestrator/store/sqlite_run_reader.h"
#include "orchestrator/store/sqlite_sql.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach::sqlite {
namespace {

absl::StatusOr<std::vector<int64_t>> FreeRuns(SqliteConnection& db,
                                              const LocalLeases& leases,
                                              int limit) {
  std::vector<int64_t> numbers;
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kUnfinishedHolders, {}));
  while (static_cast<int>(numbers.size()) < limit) {
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) break;
    if (!leases.Holds(rows.Bytes(1))) numbers.push_back(rows.Integer(0));
  }
  return numbers;
}

}  // namespace

absl::StatusOr<std::vector<v1::Run>> AcquireRuns(SqliteConnection& db,
                                                 const LocalLeases& leases,
                                                 absl::string_view holder,
                                                 int limit) {
  std::vector<v1::Run> runs;
  const absl::Status status = db.InWriteTransaction([&]() -> absl::Status {
    SC_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers,
                        FreeRuns(db, leases, limit));
    for (const int64_t number : numbers) {
      SC_ASSIGN_OR_RETURN(v1::Run run, ReadRunByNumber(db, number));
      run.set_holder(std::string(holder));
      run.set_lease_epoch(run.lease_epoch() + 1);
      const std::string body = RunBody(run).SerializeAsString();
      SC_RETURN_IF_ERROR(db.Run(sql::kHoldRun, {number, run.lease_epoch(),
                                                SqliteBlob{body}, holder}));
      runs.push_back(std::move(run));
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return runs;
}

absl::Status AddWish(SqliteConnection& db, const RunWish& wish) {
  return db.InWriteTransaction([&]() -> absl::Status {
    int64_t number = 0;
    {
      SC_ASSIGN_OR_RETURN(SqliteRows head,
                          db.Query(sql::kFindRunHead, {wish.run_id}));
      SC_ASSIGN_OR_RETURN(const bool found, head.Next());
      if (!found) return RunNotFound(wish.run_id);
      number = head.Integer(0);
      const auto state = static_cast<v1::RunState>(head.Integer(1));
      if (IsTerminal(state)) return CannotWish(wish.run_id, state);
    }
    return db.Run(sql::kInsertWish,
                  {number, static_cast<int64_t>(wish.kind), wish.reason});
  });
}

absl::StatusOr<std::vector<RunWish>> WishesFor(SqliteConnection& db,
                                               absl::string_view holder) {
  std::vector<RunWish> wishes;
  SC_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(sql::kWishesFor, {holder}));
  for (;;) {
    SC_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) return wishes;
    RunWish& wish = wishes.emplace_back();
    wish.number = rows.Integer(0);
    wish.run_id = std::string(rows.Bytes(1));
    wish.kind = static_cast<RunWish::Kind>(rows.Integer(2));
    wish.reason = std::string(rows.Bytes(3));
  }
}

absl::Status ForgetWish(SqliteConnection& db, int64_t number) {
  return db.Run(sql::kForgetWish, {number});
}

}  // namespace stagecoach::sqlite
