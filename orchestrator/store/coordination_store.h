// What the orchestrators that share a store agree on beyond who holds which
// run: which runs may start, of those whose pipelines allow only so many at
// once, and which of equal steps does the work.

#ifndef ORCHESTRATOR_STORE_COORDINATION_STORE_H_
#define ORCHESTRATOR_STORE_COORDINATION_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace stagecoach {

// A run that may start once its pipeline has a place for it.
struct PlaceRequest {
  std::string run_id;
  int limit = 1;       // places of its pipeline as it sees it, >= 1
  int priority = 0;    // higher goes first
  int64_t number = 0;  // the caller's; tells the request's place from others
};

// A place that a run has.
struct Place {
  std::string run_id;
  int64_t number = 0;  // that of the last request
};

// A run has a place from when it is given one until the RunStore::Commit that
// makes the run terminal, or PAUSED before it has started: whoever holds it
// meanwhile.
//
// Threads: every method may be called from any thread.
// Failure: as RunStore.
class CoordinationStore {
 public:
  virtual ~CoordinationStore() = default;

  // Adds `requests`, as far as they are for PENDING runs that `holder` holds;
  // repeating one keeps what it has. Then gives out the free places of every
  // pipeline, whoever has asked for them: to the PENDING runs with the highest
  // priority, the oldest first, and to none while as many others have one as
  // its own limit says. A run whose holder has no lease has to wait.
  //
  // Returns the places of the PENDING runs that `holder` holds. Other holders
  // of runs that have been given one are woken: Store::Listener.
  virtual absl::StatusOr<std::vector<Place>> GivePlaces(
      absl::string_view holder, absl::Span<const PlaceRequest> requests) = 0;

  // Whether step `position` of a run is the one, of all that want the result
  // of `cache_key`, that does the work. It is from the first time that it asks
  // while none other is, until a RunStore::Commit that ends the step or its
  // run, or with which it does not run in a run that is PAUSED; who has been
  // told false meanwhile is woken: Store::Listener, empty id. False also if the
  // run is PAUSED or has ended.
  virtual absl::StatusOr<bool> LeadWork(absl::string_view cache_key,
                                        absl::string_view run_id,
                                        int position) = 0;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_COORDINATION_STORE_H_
