// Who holds which run, in a PostgreSQL database. Part of PostgresStore; each
// function is as the method of LeaseStore that it is named after, on one
// connection.

#ifndef ORCHESTRATOR_STORE_POSTGRES_LEASES_H_
#define ORCHESTRATOR_STORE_POSTGRES_LEASES_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orchestrator/store/lease_store.h"
#include "orchestrator/store/postgres_connection.h"

namespace stagecoach::postgres {

// Returns how many others have a lease.
absl::StatusOr<int64_t> RenewLease(PostgresConnection& db,
                                   absl::string_view holder,
                                   absl::Duration ttl);
absl::Status ReleaseLease(PostgresConnection& db, absl::string_view holder);
absl::StatusOr<std::vector<v1::Run>> AcquireRuns(PostgresConnection& db,
                                                 absl::string_view holder,
                                                 int limit);
absl::Status AddWish(PostgresConnection& db, const RunWish& wish);
absl::StatusOr<std::vector<RunWish>> WishesFor(PostgresConnection& db,
                                               absl::string_view holder);
absl::Status ForgetWish(PostgresConnection& db, int64_t number);

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_LEASES_H_
