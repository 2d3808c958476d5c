// The part of MemoryStore that knows what several engines agree on.

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "orchestrator/store/memory_store.h"
#include "orchestrator/store/run_rules.h"

namespace stagecoach {

absl::StatusOr<std::vector<Place>> MemoryStore::GivePlaces(
    absl::string_view holder, absl::Span<const PlaceRequest> requests) {
  absl::MutexLock lock(&mutex_);
  for (const PlaceRequest& request : requests) {
    const auto found = runs_.find(request.run_id);
    if (found == runs_.end()) continue;
    const v1::Run& run = found->second.run;
    if (run.holder() != holder || run.state() != v1::RUN_STATE_PENDING) {
      continue;
    }
    places_[request.run_id].request = request;
  }
  GiveFreePlacesLocked();
  std::vector<Place> given;
  for (const auto& [run_id, place] : places_) {
    const v1::Run& run = runs_.at(run_id).run;
    if (place.taken && run.holder() == holder &&
        run.state() == v1::RUN_STATE_PENDING) {
      given.push_back({run_id, place.request.number});
    }
  }
  return given;
}

void MemoryStore::GiveFreePlacesLocked() {
  std::map<std::string, int> taken;  // by pipeline
  // By pipeline, priority (negated), creation and number.
  std::map<std::tuple<std::string, int, int64_t, int64_t>, StoredPlace*>
      waiting;
  for (auto& [run_id, place] : places_) {
    const StoredRun& stored = runs_.at(run_id);
    const v1::Run& run = stored.run;
    if (place.taken) {
      ++taken[run.pipeline_name()];
    } else if (run.state() == v1::RUN_STATE_PENDING &&
               leases_.Holds(run.holder())) {
      waiting[{run.pipeline_name(), -place.request.priority, CreateNanos(run),
               stored.number}] = &place;
    }
  }
  std::string full;  // the pipeline whose next in line has to wait
  for (auto& [rank, place] : waiting) {
    const std::string& pipeline = std::get<std::string>(rank);
    if (pipeline == full) continue;
    if (taken[pipeline] < place->request.limit) {
      place->taken = true;
      ++taken[pipeline];
    } else {
      full = pipeline;
    }
  }
}

absl::StatusOr<bool> MemoryStore::LeadWork(absl::string_view cache_key,
                                           absl::string_view run_id,
                                           int position) {
  absl::MutexLock lock(&mutex_);
  const auto run = runs_.find(run_id);
  if (run == runs_.end() || LeavesPlace(run->second.run) ||
      run->second.run.state() == v1::RUN_STATE_PAUSED) {
    return false;
  }
  const std::pair<std::string, int> asking(run_id, position);
  return work_.try_emplace(std::string(cache_key), asking).first->second ==
         asking;
}

}  // namespace stagecoach
