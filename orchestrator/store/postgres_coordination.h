// What the orchestrators that share a PostgreSQL database agree on. Part of
// PostgresStore; each function is as the method of CoordinationStore that it is
// named after, on one connection.

#ifndef ORCHESTRATOR_STORE_POSTGRES_COORDINATION_H_
#define ORCHESTRATOR_STORE_POSTGRES_COORDINATION_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "orchestrator/store/coordination_store.h"
#include "orchestrator/store/postgres_connection.h"

namespace stagecoach::postgres {

absl::StatusOr<std::vector<Place>> GivePlaces(
    PostgresConnection& db, absl::string_view holder,
    absl::Span<const PlaceRequest> requests);
absl::StatusOr<bool> LeadWork(PostgresConnection& db,
                              absl::string_view cache_key,
                              absl::string_view run_id, int position);

}  // namespace stagecoach::postgres

#endif  // ORCHESTRATOR_STORE_POSTGRES_COORDINATION_H_
