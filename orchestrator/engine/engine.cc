#include "orchestrator/engine/engine.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "orchestrator/engine/crash_point.h"
#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

Engine::Engine(RunStore& store, Fleet& fleet, ResultCache& cache, Clock& clock,
               EngineMetrics& metrics, std::function<double()> random)
    : store_(store),
      fleet_(fleet),
      cache_(cache),
      clock_(clock),
      metrics_(metrics),
      random_(std::move(random)),
      start_time_(clock.Now()),
      start_elapsed_(clock.Elapsed()) {
  fleet_.SetCapacityListener([this](const std::string& stage) {
    mailbox_.Post([this, stage] { stages_to_try_.insert(stage); });
  });
}

Engine::~Engine() { Stop(); }

void Engine::Start() {
  thread_ = std::thread([this] { RunThread(); });
}

void Engine::Stop() {
  mailbox_.Close();
  if (thread_.joinable()) thread_.join();
}

absl::Status Engine::Recover() {
  const absl::Duration start = clock_.Elapsed();
  SC_ASSIGN_OR_RETURN(
      std::vector<v1::Run> runs,
      leases_ == nullptr
          ? store_.UnfinishedRuns()
          : leases_->AcquireRuns(holder_, std::numeric_limits<int>::max()),
      "take up the runs that have not ended");
  PassCrashPoint(CrashPoint::kRunsRead);
  std::vector<Active*> taken;
  for (v1::Run& run : runs) {
    if (leases_ == nullptr) run.set_lease_epoch(run.lease_epoch() + 1);
    SC_ASSIGN_OR_RETURN(Active* const active, TakeUpNow(std::move(run)));
    taken.push_back(active);
  }
  AdmitTakenUp(taken);
  metrics_.Recovered(clock_.Elapsed() - start, active_.size());
  PassCrashPoint(CrashPoint::kRecovered);
  return absl::OkStatus();
}

absl::StatusOr<Engine::Active*> Engine::TakeUpNow(v1::Run run) {
  const std::string id = run.id();
  std::vector<v1::RunEvent> events;
  constexpr int kPage = 1000;
  for (;;) {
    SC_ASSIGN_OR_RETURN(
        const std::vector<v1::RunEvent> page,
        store_.ListEvents(id, static_cast<int64_t>(events.size()), kPage),
        "read the events of run ", id);
    events.insert(events.end(), page.begin(), page.end());
    if (page.size() < kPage) break;
  }
  auto active = std::make_unique<Active>(
      Active{.run = ActiveRun::Recovered(std::move(run)),
             .feed = feeds_.Open(id, events),
             .effects = {},
             .callers = {}});
  Log(LogLevel::kInfo, "run taken up again", {{"run", id}});
  active->run.SharePipeline(pipelines_);
  metrics_.RunActive(active->run.run());
  TakeUpSteps(*active);
  TakeUpLookups(*active);
  Touch(*active);
  return active_.emplace(id, std::move(active)).first->second.get();
}

absl::Time Engine::Now() const {
  return start_time_ + (clock_.Elapsed() - start_elapsed_);
}

void Engine::RunThread() {
  while (!mailbox_.closed()) RunOnce(UntilNextWake());
  PassCrashPoint(CrashPoint::kStopping);
  commit_by_ = absl::InfinitePast();
  RunOnce(absl::ZeroDuration());
}

void Engine::RunUntilIdleForTest(bool more_comes) {
  for (;;) {
    while (RunOnce(absl::ZeroDuration())) {
    }
    if (more_comes) return;
    if (uncommitted_.empty()) break;
    commit_by_ = absl::InfinitePast();
    RunOnce(absl::ZeroDuration());
    if (!uncommitted_.empty()) break;  // it cannot be committed now
  }
  commit_by_ = absl::InfiniteFuture();
}

// Returns whether anything was done.
bool Engine::RunOnce(absl::Duration limit) {
  std::vector<Mailbox::Task> tasks = mailbox_.Take(limit);
  for (Mailbox::Task& task : tasks) task();
  WakeDueRuns();
  const bool busy =
      !tasks.empty() || !touched_.empty() || !stages_to_try_.empty();
  DecideTouched();
  if (!MayAct()) return !tasks.empty();
  DispatchQueued();
  Commit();
  return busy;
}

absl::Duration Engine::UntilNextWake() const {
  // Nothing can be done before a message says so.
  if (!MayAct()) return absl::InfiniteDuration();
  if (!touched_.empty() || !stages_to_try_.empty()) return absl::ZeroDuration();
  absl::Duration wait = absl::InfiniteDuration();
  if (!wakes_.empty()) wait = wakes_.begin()->first - Now();
  if (!uncommitted_.empty()) {
    const absl::Time commit = commit_by_ == absl::InfiniteFuture()
                                  ? commit_not_before_
                                  : std::max(commit_by_, commit_not_before_);
    wait = std::min(wait, commit - Now());
  }
  return std::max(wait, absl::ZeroDuration());
}

void Engine::WakeDueRuns() {
  const absl::Time now = Now();
  while (!wakes_.empty() && wakes_.begin()->first <= now) {
    const std::string run_id = wakes_.begin()->second;
    wakes_.erase(wakes_.begin());
    if (Active* active = Find(run_id)) {
      active->wake_at = absl::InfiniteFuture();
      Touch(*active);
    }
  }
}

void Engine::SetWake(Active& active, absl::Time wake_at) {
  if (active.wake_at == wake_at) return;
  wakes_.erase({active.wake_at, active.run.id()});
  active.wake_at = wake_at;
  if (wake_at != absl::InfiniteFuture()) {
    wakes_.insert({wake_at, active.run.id()});
  }
}

Engine::Active* Engine::Find(absl::string_view run_id) {
  const auto found = active_.find(run_id);
  return found == active_.end() ? nullptr : found->second.get();
}

void Engine::DecideTouched() {
  const std::set<std::string> touched = std::exchange(touched_, {});
  for (const std::string& run_id : touched) {
    Active* active = Find(run_id);
    if (active == nullptr) continue;
    // A decision that changes the run may make another one due.
    Decision decision = Decide(active->run.View(), Now());
    while (!decision.empty()) {
      Carry(*active, decision);
      decision = Decide(active->run.View(), Now());
    }
    SetWake(*active, decision.wake_at);
    if (active->run.changed() || active->awaited()) {
      uncommitted_.insert(run_id);
    }
  }
}

// A move that the tables do not have is a defect of ours: it is logged, and
// the run stays as it was.
void Engine::Check(const Active& active, const absl::Status& status) {
  if (status.ok()) return;
  Log(LogLevel::kError, "impossible move",
      {{"run", active.run.id()}, {"error", status}});
}

void Engine::Carry(Active& active, const Decision& decision) {
  const absl::Time now = Now();
  for (const int step : decision.look_up) LookUp(active, step);
  for (const int step : decision.lookup_expired) ExpireLookup(active, step);
  for (const int step : decision.ready) {
    Check(active, active.run.MoveStep(step, StepTrigger::kReady, now));
    Queue(active, step);
  }
  for (const int step : decision.waited) {
    Check(active, active.run.MoveStep(step, StepTrigger::kWaited, now));
    Queue(active, step);
  }
  for (const int step : decision.held) {
    Unqueue(active, step);
    Check(active, active.run.MoveStep(step, StepTrigger::kHeld, now));
  }
  if (!decision.held.empty()) ForgetLookups(active);
  for (const int step : decision.queue_expired) ExpireQueued(active, step);
  for (const int step : decision.expired) ExpireStep(active, step);
  for (const int step : decision.stopped) {
    Unqueue(active, step);
    Check(active, active.run.MoveStep(step, StepTrigger::kStopped, now));
  }
  for (const int step : decision.abandoned) AbandonAttempt(active, step);
  for (const int step : decision.cancel) CancelAttempt(active, step);
  if (decision.stop.has_value()) {
    Check(active, active.run.Stop(*decision.stop));
  }
  if (decision.end.has_value()) EndRun(active, *decision.end);
}

void Engine::EndRun(Active& active, RunTrigger trigger) {
  const absl::Status ended = active.run.End(trigger, Now());
  if (absl::IsFailedPrecondition(ended)) {
    // A stage has left out what the run was to return.
    Check(active, active.run.Stop(ToError(ended)));
    return;
  }
  Check(active, ended);
}

int Engine::StepsWaiting(absl::string_view stage) const {
  absl::MutexLock lock(&waiting_mutex_);
  const auto found = waiting_.find(stage);
  return found == waiting_.end() ? 0 : found->second;
}

}  // namespace stagecoach
