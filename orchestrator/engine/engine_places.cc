// Runs that wait because their pipelines allow only so many at once: for a
// place among the runs of this engine, or of all that share its store.

#include <algorithm>
#include <utility>
#include <vector>

#include "orchestrator/engine/engine.h"

namespace stagecoach {
namespace {

// Whether a run takes one of the places that its pipeline allows.
bool IsUnderWay(const v1::Run& run) {
  return run.has_start_time() ||
         std::any_of(run.steps().begin(), run.steps().end(),
                     [](const v1::Step& step) {
                       return step.state() == v1::STEP_STATE_QUEUED;
                     });
}

}  // namespace

void Engine::SharePlaces(AskForPlaces ask) { ask_for_places_ = std::move(ask); }

bool Engine::SharesPlace(const v1::Run& run) const {
  return ask_for_places_ != nullptr && run.pipeline().max_concurrent_runs() > 0;
}

void Engine::WantPlace(Active& active) {
  const v1::Run& run = active.run.run();
  if (!SharesPlace(run)) {
    AdmitAll(gate_.Add(run));
    return;
  }
  const int64_t number = ++last_request_;
  requests_[run.id()] = number;
  const PlaceRequest request = {run.id(), run.pipeline().max_concurrent_runs(),
                                run.priority(), number};
  // The store has to know the run before.
  active.effects.emplace_back([this, request] { ask_for_places_({request}); });
}

// A run that was to start no longer is.
void Engine::LeavePlace(Active& active) {
  active.run.SetAdmitted(false);
  if (!SharesPlace(active.run.run())) {
    AdmitAll(gate_.Remove(active.run.run()));
    return;
  }
  requests_.erase(active.run.id());
  active.effects.emplace_back([this] { ask_for_places_({}); });
}

void Engine::GivePlaces(std::vector<Place> places) {
  mailbox_.Post([this, places = std::move(places)] {
    for (const Place& place : places) {
      // One that was asked for before a pause may have gone to another since.
      const auto request = requests_.find(place.run_id);
      if (request == requests_.end() || request->second != place.number) {
        continue;
      }
      requests_.erase(request);
      AdmitAll({place.run_id});
    }
  });
}

// Those that are under way come before those that have yet to start.
void Engine::AdmitTakenUp(const std::vector<Active*>& taken) {
  std::vector<Active*> waiting;
  for (Active* active : taken) {
    if (IsUnderWay(active->run.run())) {
      active->run.SetAdmitted(true);
      gate_.AddStarted(active->run.run());
    } else if (active->run.run().state() == v1::RUN_STATE_PENDING) {
      waiting.push_back(active);
    }
  }
  for (Active* active : waiting) WantPlace(*active);
}

void Engine::AdmitAll(const std::vector<std::string>& run_ids) {
  for (const std::string& run_id : run_ids) {
    Active* active = Find(run_id);
    if (active == nullptr) continue;
    active->run.SetAdmitted(true);
    Touch(*active);
  }
}

}  // namespace stagecoach
