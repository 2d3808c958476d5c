// The engine as one of several: which runs are its own.

#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/engine/engine.h"
#include "services/common/base/logging.h"
#include "services/common/contract/states.h"

namespace stagecoach {

void Engine::UseLeases(LeaseStore& leases, std::string holder) {
  leases_ = &leases;
  holder_ = std::move(holder);
}

void Engine::HoldUntil(std::string holder, absl::Duration end) {
  mailbox_.Post([this, holder = std::move(holder), end]() mutable {
    holder_ = std::move(holder);
    lease_end_ = end;
  });
}

void Engine::TakeUp(std::vector<v1::Run> runs) {
  mailbox_.Post([this, runs = std::move(runs)]() mutable {
    std::vector<Active*> taken;
    for (v1::Run& run : runs) {
      // What is known of it is older than its record.
      if (Active* stale = Find(run.id())) GiveUp(*stale, Moved(run.id()));
      const std::string id = run.id();
      const absl::StatusOr<Active*> active = TakeUpNow(std::move(run));
      if (active.ok()) {
        taken.push_back(*active);
      } else {
        Log(LogLevel::kError, "run not taken up",
            {{"run", id}, {"error", active.status()}});
      }
    }
    AdmitTakenUp(taken);
  });
}

void Engine::GiveUpRuns() {
  mailbox_.Post([this] {
    std::vector<Active*> all;
    for (const auto& [id, active] : active_) all.push_back(active.get());
    for (Active* active : all) GiveUp(*active, Moved(active->run.id()));
  });
}

absl::Status Engine::Moved(absl::string_view run_id) {
  return absl::UnavailableError(
      absl::StrCat("run ", run_id,
                   " goes on in another orchestrator, or will; "
                   "try again"));
}

void Engine::GiveUp(Active& active, const absl::Status& why) {
  Log(LogLevel::kWarning, "run given up",
      {{"run", active.run.id()}, {"error", why}});
  const std::shared_ptr<RunFeed> feed = active.feed;
  const std::vector<RunCallback> callers = std::exchange(active.callers, {});
  Forget(active);
  feed->Stop();
  for (const RunCallback& done : callers) done(why);
}

void Engine::Fulfil(const RunWish& wish, const StatusCallback& done) {
  const bool posted = mailbox_.Post([this, wish, done] {
    if (Find(wish.run_id) == nullptr) {
      done(Moved(wish.run_id));
      return;
    }
    // What it cannot be, it need not be.
    const RunCallback fulfilled =
        [done](const absl::StatusOr<const v1::Run*>& run) {
          done(absl::IsUnavailable(run.status()) ? run.status()
                                                 : absl::OkStatus());
        };
    switch (wish.kind) {
      case RunWish::Kind::kCancel:
        return CancelNow(wish.run_id, wish.reason, fulfilled);
      case RunWish::Kind::kPause:
        return PauseNow(wish.run_id, fulfilled);
      case RunWish::Kind::kResume:
        return ResumeNow(wish.run_id, fulfilled);
    }
  });
  if (!posted) done(absl::UnavailableError("the orchestrator is stopping"));
}

// Leaves a wish for a run that is not here to the one who holds it, if it has
// not ended. `done` is told the run as it is.
void Engine::LeaveWish(const RunWish& wish, const RunCallback& done) {
  const absl::StatusOr<v1::Run> run = store_.GetRun(wish.run_id);
  if (run.ok() && !IsTerminal(run->state()) && leases_ != nullptr) {
    const absl::Status added = leases_->AddWish(wish);
    // It may just have ended.
    if (!added.ok() && !absl::IsFailedPrecondition(added)) {
      done(added);
      return;
    }
  }
  Tell(done, run);
}

}  // namespace stagecoach
