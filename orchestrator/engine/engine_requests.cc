// What callers want of the engine.

#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/engine/crash_point.h"
#include "orchestrator/engine/engine.h"
#include "services/common/base/logging.h"
#include "services/common/contract/proto_time.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

absl::Status Stopping() {
  return absl::UnavailableError("the orchestrator is stopping; try again");
}

}  // namespace

void Engine::Submit(v1::Run run, std::string request_digest,
                    const RunCallback& done) {
  const bool posted = mailbox_.Post(
      [this, run = std::move(run), digest = std::move(request_digest),
       done]() mutable { SubmitNow(std::move(run), std::move(digest), done); });
  if (!posted) done(Stopping());
}

void Engine::SubmitNow(v1::Run run, std::string request_digest,
                       const RunCallback& done) {
  PassCrashPoint(CrashPoint::kSubmitted);
  const std::string key = run.idempotency_key();
  if (!key.empty() && AnswerReplay(key, request_digest, done)) return;
  if (!MayAct()) {
    done(absl::UnavailableError(
        "the orchestrator's lease could not be renewed, because the store does "
        "not answer or it stood still; try again"));
    return;
  }
  const std::string id = run.id();
  *run.mutable_create_time() = ToTimestamp(Now());
  run.set_holder(holder_);
  auto active = std::make_unique<Active>(Active{
      .run = ActiveRun::Created(std::move(run), std::move(request_digest)),
      .feed = feeds_.Open(id, {}),
      .effects = {},
      .callers = {done}});
  active->run.SharePipeline(pipelines_);
  Active& reference = *active;
  if (!key.empty()) run_by_key_[key] = id;
  Touch(reference);
  active_.emplace(id, std::move(active));
  WantPlace(reference);
}

void Engine::Tell(const RunCallback& done, const absl::StatusOr<v1::Run>& run) {
  if (run.ok()) {
    done(&*run);
  } else {
    done(run.status());
  }
}

// Whether `key` is taken, in which case `done` is or will be answered.
bool Engine::AnswerReplay(const std::string& key, const std::string& digest,
                          const RunCallback& done) {
  absl::StatusOr<std::optional<KeyedRun>> keyed = store_.FindRunByKey(key);
  if (!keyed.ok()) {
    done(keyed.status());
    return true;
  }
  const auto pending = run_by_key_.find(key);
  Active* active =
      pending == run_by_key_.end() ? nullptr : Find(pending->second);
  if (!keyed->has_value() && active == nullptr) return false;
  const std::string& known_digest = keyed->has_value()
                                        ? (*keyed)->request_digest
                                        : active->run.request_digest();
  const std::string run_id =
      keyed->has_value() ? (*keyed)->run_id : active->run.id();
  if (known_digest != digest) {
    done(absl::AlreadyExistsError(absl::StrCat(
        "idempotency key '", key, "' belongs to run ", run_id,
        ", which was requested with other values; use a new key")));
    return true;
  }
  metrics_.IdempotentReplay();
  if (active == nullptr) {
    Tell(done, store_.GetRun(run_id));
  } else if (active->run.inserted()) {
    done(&active->run.run());
  } else {
    active->callers.push_back(done);
  }
  return true;
}

void Engine::CancelRun(std::string run_id, std::string reason,
                       const RunCallback& done) {
  const bool posted = mailbox_.Post(
      [this, run_id = std::move(run_id), reason = std::move(reason), done] {
        CancelNow(run_id, reason, done);
      });
  if (!posted) done(Stopping());
}

void Engine::CancelNow(const std::string& run_id, const std::string& reason,
                       const RunCallback& done) {
  Active* active = Find(run_id);
  if (active == nullptr) {
    LeaveWish({0, run_id, RunWish::Kind::kCancel, reason}, done);
    return;
  }
  if (!active->run.stopping()) {
    const absl::Status why = absl::CancelledError(
        reason.empty() ? "cancelled on request"
                       : absl::StrCat("cancelled on request: ", reason));
    Check(*active, active->run.Stop(ToError(why)));
  }
  active->callers.push_back(done);
  Touch(*active);
}

void Engine::PauseRun(std::string run_id, const RunCallback& done) {
  const bool posted = mailbox_.Post(
      [this, run_id = std::move(run_id), done] { PauseNow(run_id, done); });
  if (!posted) done(Stopping());
}

void Engine::PauseNow(const std::string& run_id, const RunCallback& done) {
  Active* active = FindGoing({0, run_id, RunWish::Kind::kPause, ""}, done);
  if (active == nullptr) return;
  if (active->run.run().state() != v1::RUN_STATE_PAUSED) {
    Check(*active, active->run.Pause());
    ForgetLookups(*active);
    // A run that has not started leaves its place to others.
    if (!active->run.run().has_start_time()) LeavePlace(*active);
  }
  active->callers.push_back(done);
  Touch(*active);
}

void Engine::ResumeRun(std::string run_id, const RunCallback& done) {
  const bool posted = mailbox_.Post(
      [this, run_id = std::move(run_id), done] { ResumeNow(run_id, done); });
  if (!posted) done(Stopping());
}

void Engine::ResumeNow(const std::string& run_id, const RunCallback& done) {
  Active* active = FindGoing({0, run_id, RunWish::Kind::kResume, ""}, done);
  if (active == nullptr) return;
  if (active->run.run().state() == v1::RUN_STATE_PAUSED) {
    Check(*active, active->run.Resume());
    if (!active->run.admitted()) WantPlace(*active);
  }
  active->callers.push_back(done);
  Touch(*active);
}

// A run that is here and neither stops nor has ended; otherwise null, and
// `done` is or will be told.
Engine::Active* Engine::FindGoing(const RunWish& wish,
                                  const RunCallback& done) {
  Active* active = Find(wish.run_id);
  if (active != nullptr && !active->run.stopping()) return active;
  const absl::StatusOr<v1::Run> run =
      active == nullptr ? store_.GetRun(wish.run_id) : active->run.run();
  if (!run.ok()) {
    done(run.status());
    return nullptr;
  }
  const bool ended = IsTerminal(run->state());
  if (ended || run->state() == v1::RUN_STATE_STOPPING) {
    done(absl::FailedPreconditionError(absl::StrCat(
        "run ", wish.run_id, ended ? " has ended" : " stops",
        "; only a run that goes on can be ",
        wish.kind == RunWish::Kind::kPause ? "paused" : "resumed")));
    return nullptr;
  }
  LeaveWish(wish, done);
  return nullptr;
}

void Engine::DeleteRun(std::string run_id, const StatusCallback& done) {
  const bool posted = mailbox_.Post(
      [this, run_id = std::move(run_id), done] { DeleteNow(run_id, done); });
  if (!posted) done(Stopping());
}

void Engine::DeleteNow(const std::string& run_id, const StatusCallback& done) {
  if (Find(run_id) != nullptr) {
    done(absl::FailedPreconditionError(
        absl::StrCat("run ", run_id, " has not ended; cancel it first")));
    return;
  }
  PassCrashPoint(CrashPoint::kBeforeDeletion);
  const absl::Status deleted = store_.DeleteRun(run_id);
  PassCrashPoint(CrashPoint::kAfterDeletion);
  done(deleted);
}

}  // namespace stagecoach
