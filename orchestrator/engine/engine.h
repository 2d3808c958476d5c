// Drives runs to their end.
//
// State (transitions.h, active_run.h), decision (decide.h, outcome.h) and
// execution (here) are apart. One thread owns everything: it takes the tasks
// that others have posted, lets Decide say what each touched run needs, hands
// queued steps to replicas with a free slot, makes all of it durable with one
// commit, and only then acts: calls stages, answers callers, tells watchers.
// Nothing polls: it sleeps until a task comes or a deadline is due.

#ifndef ORCHESTRATOR_ENGINE_ENGINE_H_
#define ORCHESTRATOR_ENGINE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/cache/result_cache.h"
#include "orchestrator/engine/active_run.h"
#include "orchestrator/engine/engine_metrics.h"
#include "orchestrator/engine/mailbox.h"
#include "orchestrator/engine/run_feed.h"
#include "orchestrator/engine/run_gate.h"
#include "orchestrator/engine/shared_pipelines.h"
#include "orchestrator/engine/single_flight.h"
#include "orchestrator/engine/step_queues.h"
#include "orchestrator/fleet/fleet.h"
#include "orchestrator/store/coordination_store.h"
#include "orchestrator/store/lease_store.h"
#include "orchestrator/store/run_store.h"
#include "services/common/base/clock.h"

namespace stagecoach {

// Threads:   Recover, Start and Stop from the one that owns the engine, the
//            others from any. All callbacks come from the engine's thread and
//            must not block.
// Ownership: everything handed in must outlive the engine.
class Engine {
 public:
  // Told the run, which is valid during the call, or why there is none.
  using RunCallback = std::function<void(absl::StatusOr<const v1::Run*> run)>;
  using StatusCallback = std::function<void(absl::Status)>;
  // A run as it is, whether it has just been created, and what has just become
  // durable of it.
  using Listener = std::function<void(const v1::Run& run, bool created,
                                      const std::vector<v1::RunEvent>& events)>;
  // Asks for places by CoordinationStore, or none: there may be a free one.
  using AskForPlaces = std::function<void(std::vector<PlaceRequest> requests)>;

  // `random` gives numbers in [0, 1) for jitter.
  Engine(RunStore& store, Fleet& fleet, ResultCache& cache, Clock& clock,
         EngineMetrics& metrics, std::function<double()> random);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // From now on runs are taken up only if `leases` gives them to `holder`, and
  // wishes for runs of others are left there. Before Recover; `leases` must
  // outlive the engine. Without it, every run is the engine's own.
  void UseLeases(LeaseStore& leases, std::string holder);

  // From now on a run whose pipeline has a limit starts once GivePlaces says
  // so; `ask` is called from the engine's thread. Before Recover. Without it,
  // the engine counts its own runs.
  void SharePlaces(AskForPlaces ask);

  // Whom to tell of every transition of a run, once it is durable. Before
  // Recover.
  void SetListener(Listener listener) { listener_ = std::move(listener); }

  // Takes up every run that has not ended and that nobody else holds: joins the
  // executions that were under way, and goes on with the others. Before Start.
  absl::Status Recover();

  // Starts the engine's thread.
  void Start();

  // Commits what is under way and ends the thread. Executions go on in their
  // stages; later calls are answered with UNAVAILABLE. Safe to repeat.
  void Stop();

  // Adds a run, as PlanRun made it, with an id. `done` is told the run once it
  // is durable, or the run that has the same idempotency key already;
  // ALREADY_EXISTS if that came from a different request.
  void Submit(v1::Run run, std::string request_digest, const RunCallback& done);

  // Stops a run; `done` is told the run once that is durable, or the run as it
  // is if it has ended. NOT_FOUND: no such run.
  void CancelRun(std::string run_id, std::string reason,
                 const RunCallback& done);

  // Keeps a run from starting attempts, and lets it go on; `done` is told the
  // run once that is durable. NOT_FOUND: no such run. FAILED_PRECONDITION: it
  // stops or has ended.
  void PauseRun(std::string run_id, const RunCallback& done);
  void ResumeRun(std::string run_id, const RunCallback& done);

  // Forgets a run that has ended. FAILED_PRECONDITION: it has not.
  void DeleteRun(std::string run_id, const StatusCallback& done);

  // Goes on under the lease of `holder` until `end`, by Clock::Elapsed: after
  // that nothing leaves the engine until it is told of a later one.
  void HoldUntil(std::string holder, absl::Duration end);

  // Takes up runs that have been acquired since Recover.
  void TakeUp(std::vector<v1::Run> runs);
  // Lets runs start that have got what they have asked for.
  void GivePlaces(std::vector<Place> places);
  // Work may have ended that steps of other orchestrators did, and that steps
  // here have waited for.
  void LookAgain();

  // Forgets all runs, because others may hold them by now. Who waits for one is
  // told UNAVAILABLE.
  void GiveUpRuns();

  // Does what another orchestrator was asked for; `done` is told OK once that
  // is durable, or if it need not be done. UNAVAILABLE: the run is not here.
  void Fulfil(const RunWish& wish, const StatusCallback& done);

  // What is going on in the runs that have not ended.
  RunFeeds& feeds() { return feeds_; }

  // Steps that wait for a free slot of `stage`.
  int StepsWaiting(absl::string_view stage) const
      ABSL_LOCKS_EXCLUDED(waiting_mutex_);

  // The time that the engine goes by: the machine's at the start, and going on
  // evenly from there. From any thread.
  absl::Time Now() const;

  // Does everything that can be done now, on the calling thread, instead of
  // Start; with `more_comes` what may wait for more does.
  void RunUntilIdleForTest(bool more_comes = false);

 private:
  using Effect = std::function<void()>;

  struct Active {
    ActiveRun run;
    std::shared_ptr<RunFeed> feed;
    // What is to be done once the next write of the run is durable.
    std::vector<Effect> effects;
    // Whom to tell then, or that the write fails for good.
    std::vector<RunCallback> callers;
    absl::Time wake_at = absl::InfiniteFuture();

    bool awaited() const { return !effects.empty() || !callers.empty(); }
  };
  using ActivePtr = std::unique_ptr<Active>;

  // engine.cc: the loop.
  void RunThread();
  bool RunOnce(absl::Duration limit);
  absl::Duration UntilNextWake() const;
  void WakeDueRuns();
  void DecideTouched();
  void Carry(Active& active, const Decision& decision);
  void EndRun(Active& active, RunTrigger trigger);
  absl::StatusOr<Active*> TakeUpNow(v1::Run run);
  void SetWake(Active& active, absl::Time wake_at);
  Active* Find(absl::string_view run_id);
  void Touch(const Active& active) { touched_.insert(active.run.id()); }
  void Check(const Active& active, const absl::Status& status);

  // engine_commit.cc: making it durable, then acting.
  void Commit();
  bool SomebodyWaits();
  void GoOn(Active& active, const RunWrite& write);
  void TellOthers(Active& active, RunWrite write);
  void TellCallers(Active& active);
  void NotCommitted(Active& active, RunWrite write, const absl::Status& status);
  ActivePtr Forget(Active& active);

  // engine_places.cc: runs that wait for others of their pipeline.
  bool SharesPlace(const v1::Run& run) const;
  void WantPlace(Active& active);
  void LeavePlace(Active& active);
  void AdmitTakenUp(const std::vector<Active*>& taken);
  void AdmitAll(const std::vector<std::string>& run_ids);

  // engine_leases.cc: which runs are its own.
  bool MayAct() const { return clock_.Elapsed() < lease_end_; }
  void GiveUp(Active& active, const absl::Status& why);
  void LeaveWish(const RunWish& wish, const RunCallback& done);
  static absl::Status Moved(absl::string_view run_id);

  // engine_requests.cc: what callers want.
  void SubmitNow(v1::Run run, std::string request_digest,
                 const RunCallback& done);
  bool AnswerReplay(const std::string& key, const std::string& digest,
                    const RunCallback& done);
  void CancelNow(const std::string& run_id, const std::string& reason,
                 const RunCallback& done);
  void PauseNow(const std::string& run_id, const RunCallback& done);
  void ResumeNow(const std::string& run_id, const RunCallback& done);
  Active* FindGoing(const RunWish& wish, const RunCallback& done);
  static void Tell(const RunCallback& done, const absl::StatusOr<v1::Run>& run);
  void DeleteNow(const std::string& run_id, const StatusCallback& done);

  // engine_cache.cc: steps whose result may be that of an equal one.
  void LookUp(Active& active, int step);
  Active* FindLookup(const StepRef& ref);
  void OnCacheKey(const StepRef& ref,
                  const absl::StatusOr<v1::CacheLookup>& lookup);
  void FindResult(Active& active, int step);
  void OnCacheAnswer(const StepRef& ref,
                     const absl::StatusOr<CacheAnswer>& answer);
  void OnElsewhere(const StepRef& ref, int64_t asked);
  void EndLookup(Active& active, int step, const v1::CacheLookup& lookup);
  void ExpireLookup(Active& active, int step);
  void TakeOver(Active& active, int step, const v1::CacheLookup& lookup,
                const std::vector<v1::Artifact>& outputs, absl::Time made);
  void SettleFlight(const Active& active, int step);
  void LeaveFlight(StepRef ref);
  void ForgetLookups(Active& active);
  void TakeUpLookups(Active& active);

  // engine_attempts.cc: steps and their attempts.
  void DispatchQueued();
  void DispatchStage(const std::string& stage);
  void StartAttempt(Active& active, int step, const std::string& replica);
  void Call(Active& active, int step);
  void TakeUpSteps(Active& active);
  void CancelAttempt(Active& active, int step);
  void AbandonAttempt(Active& active, int step);
  void ExpireQueued(Active& active, int step);
  void ExpireStep(Active& active, int step);
  void OnProgress(const std::string& run_id, int step, int attempt,
                  const v1::Progress& progress);
  void OnEnd(const std::string& run_id, int step, int attempt,
             const absl::StatusOr<v1::ExecutionResult>& result);
  void OnSuccess(Active& active, int step, const v1::ExecutionResult& result);
  void OnFailure(Active& active, int step, const absl::Status& error);
  void Queue(Active& active, int step);
  void Unqueue(const Active& active, int step);
  void CountWaiting(const std::string& stage)
      ABSL_LOCKS_EXCLUDED(waiting_mutex_);

  RunStore& store_;
  Fleet& fleet_;
  ResultCache& cache_;
  Clock& clock_;
  EngineMetrics& metrics_;
  const std::function<double()> random_;
  Listener listener_;  // constant after Recover; may be null
  // Wall-clock time at the start; time goes on from there by Clock::Elapsed,
  // so that a jump of the machine's clock moves no deadline.
  const absl::Time start_time_;
  const absl::Duration start_elapsed_;

  LeaseStore* leases_ = nullptr;  // set before the start
  AskForPlaces ask_for_places_;   // likewise; null: it counts by itself

  Mailbox mailbox_;
  RunFeeds feeds_;
  std::thread thread_;

  // Owned by the engine's thread.
  std::string holder_;
  absl::Duration lease_end_ = absl::InfiniteDuration();
  absl::flat_hash_map<std::string, ActivePtr> active_;
  absl::flat_hash_map<std::string, std::string> run_by_key_;
  SharedPipelines pipelines_;
  RunGate gate_;
  // Numbers of requests for places by run, as long as they wait.
  absl::flat_hash_map<std::string, int64_t> requests_;
  int64_t last_request_ = 0;
  SingleFlight flights_;
  absl::flat_hash_set<StepRef> elsewhere_;  // wait for other orchestrators
  int64_t work_ended_ = 0;                  // counts LookAgain
  StepQueues queues_;
  std::set<std::string> touched_;        // runs to decide on and to commit
  std::set<std::string> stages_to_try_;  // may have a free slot
  std::set<std::pair<absl::Time, std::string>> wakes_;
  absl::Time commit_not_before_ = absl::InfinitePast();
  // Until when changes that nobody waits for may wait for others.
  absl::Time commit_by_ = absl::InfiniteFuture();
  std::set<std::string> uncommitted_;  // changed, waiting for a commit

  mutable absl::Mutex waiting_mutex_;
  std::map<std::string, int, std::less<>> waiting_
      ABSL_GUARDED_BY(waiting_mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_ENGINE_H_
