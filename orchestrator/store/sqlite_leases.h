// Who holds which run, in an SQLite file. Part of SqliteStore; each function is
// as the method of LeaseStore that it is named after, on one connection.

#ifndef ORCHESTRATOR_STORE_SQLITE_LEASES_H_
#define ORCHESTRATOR_STORE_SQLITE_LEASES_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/store/lease_store.h"
#include "orchestrator/store/local_leases.h"
#include "orchestrator/store/sqlite_connection.h"

namespace stagecoach::sqlite {

// `leases` says who has one.
absl::StatusOr<std::vector<v1::Run>> AcquireRuns(SqliteConnection& db,
                                                 const LocalLeases& leases,
                                                 absl::string_view holder,
                                                 int limit);
absl::Status AddWish(SqliteConnection& db, const RunWish& wish);
absl::StatusOr<std::vector<RunWish>> WishesFor(SqliteConnection& db,
                                               absl::string_view holder);
absl::Status ForgetWish(SqliteConnection& db, int64_t number);

}  // namespace stagecoach::sqlite

#endif  // ORCHESTRATOR_STORE_SQLITE_LEASES_H_
