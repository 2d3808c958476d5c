// Steps whose result may be that of an equal one: the look-up before they are
// queued.
//
//   MakeKey -> one of the equal steps leads: Find -> hit: taken over
//                                                 -> none: does the work
//                                                 -> elsewhere: waits, Find
//           -> the others wait for it: taken over once that is durable

#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/pipeline/plan.h"
#include "services/common/base/logging.h"
#include "services/common/contract/proto_time.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

absl::Duration MaxAge(const ActiveRun& active, int step) {
  const v1::CachePolicy& policy = active.run().pipeline().steps(step).cache();
  return policy.has_max_age() ? FromProtoDuration(policy.max_age())
                              : absl::InfiniteDuration();
}

v1::CacheLookup Bypassed(v1::CacheLookup lookup, absl::string_view reason) {
  lookup.set_outcome(v1::CACHE_OUTCOME_BYPASSED);
  lookup.set_reason(std::string(reason));
  return lookup;
}

}  // namespace

void Engine::LookUp(Active& active, int step) {
  const v1::Run& run = active.run.run();
  absl::StatusOr<Artifacts> inputs = StepInputs(run, step);
  if (!inputs.ok()) {
    // The attempt will say so.
    EndLookup(active, step, Bypassed({}, inputs.status().message()));
    return;
  }
  active.run.lookup(step) = {CacheLookupState::kUnderWay, Now() + kLookupLimit};
  cache_.MakeKey(
      {run.steps(step).stage(), StepParameters(run, step), *std::move(inputs)},
      [this,
       ref = StepRef{run.id(), step}](absl::StatusOr<v1::CacheLookup> lookup) {
        mailbox_.Post([this, ref, lookup = std::move(lookup)] {
          OnCacheKey(ref, lookup);
        });
      });
}

// The run of a step that is still being looked up; null: it is no longer.
Engine::Active* Engine::FindLookup(const StepRef& ref) {
  Active* active = Find(ref.run_id);
  if (active == nullptr || active->run.stopping() ||
      active->run.lookup(ref.step).state != CacheLookupState::kUnderWay) {
    return nullptr;
  }
  return active;
}

void Engine::OnCacheKey(const StepRef& ref,
                        const absl::StatusOr<v1::CacheLookup>& lookup) {
  Active* active = FindLookup(ref);
  if (active == nullptr) return;
  if (!lookup.ok()) {
    EndLookup(*active, ref.step, Bypassed({}, lookup.status().message()));
    return;
  }
  active->run.SetCacheKey(ref.step, *lookup);
  if (active->run.run().cache_mode() == v1::CACHE_MODE_REFRESH) {
    EndLookup(*active, ref.step,
              Bypassed(*lookup, "the run asked for a fresh result"));
  } else if (flights_.Join(lookup->key(), ref)) {
    FindResult(*active, ref.step);
  } else {
    // However long the other takes: its own deadlines end it.
    active->run.lookup(ref.step).give_up = absl::InfiniteFuture();
    Touch(*active);
  }
}

void Engine::FindResult(Active& active, int step) {
  active.run.lookup(step).give_up = Now() + kLookupLimit;
  Touch(active);
  const StepRef ref{active.run.id(), step};
  cache_.Find(
      {active.run.run().steps(step).cache().key(),
       Now() - MaxAge(active.run, step), ref.run_id, step},
      [this, ref, asked = work_ended_](absl::StatusOr<CacheAnswer> answer) {
        mailbox_.Post([this, ref, asked, answer = std::move(answer)] {
          if (answer.ok() && answer->elsewhere) {
            OnElsewhere(ref, asked);
          } else {
            OnCacheAnswer(ref, answer);
          }
        });
      });
}

// A step of another orchestrator does the work. `asked` is work_ended_ when
// that was asked.
void Engine::OnElsewhere(const StepRef& ref, int64_t asked) {
  Active* active = FindLookup(ref);
  if (active == nullptr) return;
  if (asked != work_ended_) {
    // It may have ended before this was heard.
    FindResult(*active, ref.step);
    return;
  }
  // However long it takes: its own deadlines end it.
  active->run.lookup(ref.step).give_up = absl::InfiniteFuture();
  elsewhere_.insert(ref);
  Touch(*active);
}

void Engine::LookAgain() {
  mailbox_.Post([this] {
    ++work_ended_;
    for (const StepRef& ref : std::exchange(elsewhere_, {})) {
      if (Active* active = FindLookup(ref)) FindResult(*active, ref.step);
    }
  });
}

void Engine::OnCacheAnswer(const StepRef& ref,
                           const absl::StatusOr<CacheAnswer>& answer) {
  Active* active = FindLookup(ref);
  if (active == nullptr) return;
  v1::CacheLookup lookup = active->run.run().steps(ref.step).cache();
  if (!answer.ok()) {
    EndLookup(*active, ref.step, Bypassed(lookup, answer.status().message()));
    return;
  }
  lookup.set_outcome(answer->outcome);
  lookup.set_run_id(answer->run_id);
  lookup.set_step(answer->step);
  lookup.set_reason(answer->reason);
  if (answer->outcome == v1::CACHE_OUTCOME_HIT) {
    TakeOver(*active, ref.step, lookup, answer->outputs, answer->made);
  } else {
    EndLookup(*active, ref.step, lookup);
  }
}

// The step goes its usual way.
void Engine::EndLookup(Active& active, int step,
                       const v1::CacheLookup& lookup) {
  active.run.SetCacheLookup(step, lookup);
  active.run.lookup(step) = {CacheLookupState::kDone};
  metrics_.CacheLookedUp(active.run.run().steps(step));
  Touch(active);
}

void Engine::TakeOver(Active& active, int step, const v1::CacheLookup& lookup,
                      const std::vector<v1::Artifact>& outputs,
                      absl::Time made) {
  active.run.lookup(step) = {CacheLookupState::kDone, absl::InfiniteFuture(),
                             made};
  Check(active, active.run.Reuse(step, lookup, outputs, Now()));
  metrics_.CacheLookedUp(active.run.run().steps(step));
  Touch(active);
}

// The look-up took too long, e.g. because a volume hangs.
void Engine::ExpireLookup(Active& active, int step) {
  const v1::CacheLookup& lookup = active.run.run().steps(step).cache();
  EndLookup(active, step,
            Bypassed(lookup, absl::StrCat("the look-up took longer than ",
                                          absl::FormatDuration(kLookupLimit))));
}

// The step has ended, and that is durable.
void Engine::SettleFlight(const Active& active, int step) {
  const StepRef ref{active.run.id(), step};
  const v1::Step& record = active.run.run().steps(step);
  if (record.state() != v1::STEP_STATE_SUCCEEDED) {
    LeaveFlight(ref);
    return;
  }
  for (const StepRef& waiting : flights_.Land(ref)) {
    Active* other = FindLookup(waiting);
    if (other == nullptr) continue;
    const absl::Time made = active.run.lookup(step).made;
    if (record.cache().key().empty() ||
        made < Now() - MaxAge(other->run, waiting.step)) {
      // Not what it was waiting for: it looks again.
      other->run.lookup(waiting.step) = {};
      Touch(*other);
      continue;
    }
    const bool hit = record.cache().outcome() == v1::CACHE_OUTCOME_HIT;
    v1::CacheLookup lookup = other->run.run().steps(waiting.step).cache();
    lookup.set_outcome(v1::CACHE_OUTCOME_JOINED);
    lookup.set_run_id(hit ? record.cache().run_id() : active.run.id());
    lookup.set_step(hit ? record.cache().step() : record.name());
    TakeOver(*other, waiting.step, lookup,
             {record.outputs().begin(), record.outputs().end()}, made);
  }
}

// Without a result: the next one that waits does the work.
void Engine::LeaveFlight(StepRef ref) {
  while (const std::optional<StepRef> next = flights_.Leave(ref)) {
    Active* active = FindLookup(*next);
    if (active != nullptr) {
      FindResult(*active, next->step);
      return;
    }
    ref = *next;
  }
}

// A paused run keeps nobody waiting, and looks again once it is resumed.
void Engine::ForgetLookups(Active& active) {
  for (int step = 0; step < active.run.run().steps_size(); ++step) {
    const v1::StepState state = active.run.run().steps(step).state();
    if (state == v1::STEP_STATE_RUNNING || IsTerminal(state)) continue;
    if (state == v1::STEP_STATE_PENDING) active.run.lookup(step) = {};
    active.run.LeaveWork(step);
    LeaveFlight({active.run.id(), step});
  }
}

// After a restart: what was under way leads again.
void Engine::TakeUpLookups(Active& active) {
  for (int step = 0; step < active.run.run().steps_size(); ++step) {
    const v1::Step& record = active.run.run().steps(step);
    if (record.state() == v1::STEP_STATE_PENDING ||
        IsTerminal(record.state()) || record.cache().key().empty()) {
      continue;
    }
    active.run.lookup(step) = {CacheLookupState::kDone};
    flights_.Join(record.cache().key(), {active.run.id(), step});
  }
}

}  // namespace stagecoach
