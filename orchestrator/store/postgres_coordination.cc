#include "orchestrator/store/postgres_coordination.h"

#include <cstdint>
#include <string>
#include <utility>

#include "orchestrator/store/postgres_coordination_sql.h"
#include "orchestrator/store/postgres_sql.h"
#include "services/common/base/status_macros.h"

namespace stagecoach::postgres {
namespace {

PostgresStatement RequestPlaces(absl::string_view holder,
                                absl::Span<const PlaceRequest> requests) {
  PostgresArray ids = PostgresArray::Texts();
  PostgresArray limits = PostgresArray::Integers();
  PostgresArray priorities = PostgresArray::Integers();
  PostgresArray numbers = PostgresArray::Integers();
  for (const PlaceRequest& request : requests) {
    ids.Add(request.run_id);
    limits.Add(int64_t{request.limit});
    priorities.Add(int64_t{request.priority});
    numbers.Add(request.number);
  }
  return {kRequestPlaces, {holder, ids, limits, priorities, numbers}};
}

bool AnyOfOthers(const PostgresRows& holders, absl::string_view holder) {
  for (int i = 0; i < holders.size(); ++i) {
    if (holders.Bytes(i, 0) != holder) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::vector<Place>> GivePlaces(
    PostgresConnection& db, absl::string_view holder,
    absl::Span<const PlaceRequest> requests) {
  std::vector<PostgresStatement> first = {{kLockPlaces}};
  if (!requests.empty()) first.push_back(RequestPlaces(holder, requests));
  first.push_back({kGiveFreePlaces});
  std::vector<Place> places;
  const absl::Status status = db.InTransaction(
      std::move(first),
      [&](absl::Span<const PostgresRows> given) -> absl::Status {
        std::vector<PostgresStatement> last = {{kPlacesOf, {holder}}};
        if (AnyOfOthers(given.back(), holder)) last.push_back({kNotify, {""}});
        last.push_back(PostgresConnection::Commit());
        SC_ASSIGN_OR_RETURN(const std::vector<PostgresRows> rows,
                            db.RunAll(last));
        for (int i = 0; i < rows[0].size(); ++i) {
          places.push_back(
              {std::string(rows[0].Bytes(i, 0)), rows[0].Integer(i, 1)});
        }
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return places;
}

absl::StatusOr<bool> LeadWork(PostgresConnection& db,
                              absl::string_view cache_key,
                              absl::string_view run_id, int position) {
  SC_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      db.Run(kLeadWork, {cache_key, run_id, int64_t{position}}));
  return !rows.empty() && rows.Integer(0, 0) == 1;
}

}  // namespace stagecoach::postgres
