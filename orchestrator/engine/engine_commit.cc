// The engine's commit: one for all runs that have changed, then the effects.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "orchestrator/engine/crash_point.h"
#include "orchestrator/engine/engine.h"
#include "services/common/base/logging.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

// How long changes that nobody waits for wait for others: about as long as a
// commit takes.
constexpr absl::Duration kCommitPatience = absl::Milliseconds(1);
// Beyond so many active runs those that only wait are packed: then it is memory
// that counts and not the microseconds that it takes.
constexpr size_t kRunsUnpacked = 256;
// How long to wait before a commit is tried again that failed as a whole.
constexpr absl::Duration kCommitRetry = absl::Milliseconds(200);

// Whether the store could not write at all, rather than refuse this run.
bool MayBeRetried(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsDataLoss(status) || absl::IsInternal(status);
}

void LogEnd(const v1::Run& run) {
  const Logger log({{"run", run.id()},
                    {"pipeline", run.pipeline_name()},
                    {"state", v1::RunState_Name(run.state())}});
  if (run.has_error()) {
    log.Warning("run ended", {{"error", FromError(run.error())}});
  } else {
    log.Info("run ended");
  }
}

}  // namespace

// Of several steps at once the end of one starts nothing, ends nothing and is
// told nobody who waits: it may share the commit of the next, which comes soon
// or not at all.
bool Engine::SomebodyWaits() {
  return std::any_of(uncommitted_.begin(), uncommitted_.end(),
                     [this](const std::string& run_id) {
                       const Active* active = Find(run_id);
                       return active == nullptr || active->awaited() ||
                              IsTerminal(active->run.run().state());
                     });
}

void Engine::Commit() {
  if (uncommitted_.empty() || Now() < commit_not_before_) return;
  if (!SomebodyWaits()) {
    commit_by_ = std::min(commit_by_, Now() + kCommitPatience);
    if (Now() < commit_by_) return;
  }
  commit_by_ = absl::InfiniteFuture();
  std::vector<Active*> changed;
  std::vector<RunWrite> writes;
  for (const std::string& run_id : std::exchange(uncommitted_, {})) {
    Active* active = Find(run_id);
    if (active == nullptr) continue;
    if (!active->run.changed()) {
      // Nothing to be made durable first, e.g. a cancellation sent again.
      for (const Effect& effect : std::exchange(active->effects, {})) effect();
      TellCallers(*active);
      continue;
    }
    changed.push_back(active);
    writes.push_back(active->run.TakeWrite(Now()));
  }
  if (writes.empty()) return;
  const absl::Duration start = clock_.Elapsed();
  PassCrashPoint(CrashPoint::kBeforeCommit);
  const std::vector<absl::Status> statuses = store_.Commit(writes);
  PassCrashPoint(CrashPoint::kAfterCommit);
  metrics_.Committed(clock_.Elapsed() - start, writes.size());
  // First what goes on, then those who only look on.
  fleet_.HoldExecutions();
  for (size_t i = 0; i < changed.size(); ++i) {
    if (statuses[i].ok()) GoOn(*changed[i], writes[i]);
  }
  fleet_.SendExecutions();
  for (size_t i = 0; i < changed.size(); ++i) {
    if (statuses[i].ok()) {
      TellOthers(*changed[i], std::move(writes[i]));
    } else {
      NotCommitted(*changed[i], std::move(writes[i]), statuses[i]);
    }
  }
}

void Engine::GoOn(Active& active, const RunWrite& write) {
  for (const RunWrite::StepWrite& step : write.steps) {
    if (step.step.has_cache() && IsTerminal(step.step.state())) {
      SettleFlight(active, step.index);
    }
  }
  for (const Effect& effect : std::exchange(active.effects, {})) effect();
}

void Engine::TellCallers(Active& active) {
  for (const RunCallback& done : std::exchange(active.callers, {})) {
    PassCrashPoint(CrashPoint::kBeforeAnswer);
    done(&active.run.run());
    PassCrashPoint(CrashPoint::kAfterAnswer);
  }
}

void Engine::TellOthers(Active& active, RunWrite write) {
  TellCallers(active);
  if (listener_) listener_(active.run.run(), write.insert, write.events);
  active.feed->Publish(std::move(write.events));
  PassCrashPoint(CrashPoint::kEventsPublished);
  const v1::Run& run = active.run.run();
  if (!IsTerminal(run.state())) {
    metrics_.RunActive(run);
    if (active_.size() > kRunsUnpacked) active.run.Pack();
    return;
  }
  PassCrashPoint(CrashPoint::kRunEnded);
  metrics_.RunEnded(run);
  LogEnd(run);
  // The feed keeps the run from now on: the two must not keep each other.
  const std::shared_ptr<RunFeed> feed = std::move(active.feed);
  const std::shared_ptr<const Active> gone = Forget(active);
  feed->End(std::shared_ptr<const v1::Run>(gone, &gone->run.run()));
}

void Engine::NotCommitted(Active& active, RunWrite write,
                          const absl::Status& status) {
  const bool insert = write.insert;
  if (!insert && MayBeRetried(status)) {
    Log(LogLevel::kError, "commit failed, to be tried again",
        {{"run", active.run.id()}, {"error", status}});
    metrics_.CommitFailed();
    active.run.Untake(std::move(write));
    uncommitted_.insert(active.run.id());
    commit_not_before_ = Now() + kCommitRetry;
    return;
  }
  if (!insert) {
    GiveUp(active, absl::IsAborted(status) ? Moved(active.run.id()) : status);
    return;
  }
  const std::vector<RunCallback> callers = std::exchange(active.callers, {});
  const std::string key = active.run.run().idempotency_key();
  const std::string digest = active.run.request_digest();
  const std::string run_id = active.run.id();
  Forget(active);
  for (const RunCallback& done : callers) {
    // Another orchestrator may have been faster with the same key.
    if (absl::IsAlreadyExists(status) && !key.empty() &&
        AnswerReplay(key, digest, done)) {
      continue;
    }
    Log(LogLevel::kError, "run not created",
        {{"run", run_id}, {"error", status}});
    done(status);
  }
}

Engine::ActivePtr Engine::Forget(Active& active) {
  const std::string run_id = active.run.id();
  metrics_.RunGone(run_id);
  for (int step = 0; step < active.run.run().steps_size(); ++step) {
    Unqueue(active, step);
    LeaveFlight({run_id, step});
    const std::string& replica = active.run.live(step).replica;
    if (replica.empty()) continue;
    fleet_.Release(active.run.run().steps(step).stage(), replica,
                   absl::ZeroDuration());
  }
  SetWake(active, absl::InfiniteFuture());
  const bool shared = SharesPlace(active.run.run());
  const std::vector<std::string> admitted = gate_.Remove(active.run.run());
  requests_.erase(run_id);
  run_by_key_.erase(active.run.run().idempotency_key());
  feeds_.Close(run_id);
  uncommitted_.erase(run_id);
  touched_.erase(run_id);
  auto gone = active_.extract(run_id);
  AdmitAll(admitted);
  if (shared) ask_for_places_({});
  return std::move(gone.mapped());
}

}  // namespace stagecoach
