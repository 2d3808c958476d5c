// A run that has not ended, in memory: its record, what of it has changed
// since the last commit, and the moves that change it. Every move goes through
// the transition tables.

#ifndef ORCHESTRATOR_ENGINE_ACTIVE_RUN_H_
#define ORCHESTRATOR_ENGINE_ACTIVE_RUN_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "orchestrator/engine/decide.h"
#include "orchestrator/engine/outcome.h"
#include "orchestrator/engine/run_record.h"
#include "orchestrator/engine/shared_pipelines.h"
#include "orchestrator/engine/transitions.h"
#include "orchestrator/store/run_store.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Threads: not thread-safe; the engine's thread owns it.
// Failure: every move returns INTERNAL, and changes nothing, if the tables do
// not have it.
class ActiveRun {
 public:
  // A run to be inserted, PENDING, with id and creation time.
  static ActiveRun Created(v1::Run run, std::string request_digest);
  // A run read back from the store, with the epoch that it is held under.
  static ActiveRun Recovered(v1::Run run);

  ActiveRun(ActiveRun&&) = default;
  ActiveRun& operator=(ActiveRun&&) = delete;

  // Has the run use the specification that `pipelines` knows as equal to its
  // own.
  void SharePipeline(SharedPipelines& pipelines) {
    record_.SharePipeline(pipelines);
  }

  // Takes little memory until it is next asked for anything but its id, if
  // nothing of it is under way. References to what it holds end.
  void Pack();
  bool packed() const { return record_.packed(); }

  const v1::Run& run() const { return record_.run(); }
  const std::string& id() const { return id_; }
  RunView View() const {
    const Working& now = working();
    return {run(), now.dependencies, now.live, now.lookups, admitted_};
  }
  StepLimits Limits(int step) const {
    return LimitsOf(run().pipeline().steps(step));
  }
  LiveAttempt& live(int step) { return working().live[step]; }
  LiveLookup& lookup(int step) { return working().lookups[step]; }
  const LiveLookup& lookup(int step) const { return working().lookups[step]; }
  bool stopping() const { return run().state() == v1::RUN_STATE_STOPPING; }
  const std::string& request_digest() const { return request_digest_; }
  // Whether the store knows the run, or is about to.
  bool inserted() const { return inserted_; }

  // `<run>/<step>/<attempt>` of the step's last attempt.
  std::string ExecutionId(int step) const;
  // Whether attempt `number` of `step` is the last one and RUNNING.
  bool IsRunning(int step, int number) const;

  // Moves of a step without an attempt.
  absl::Status MoveStep(int step, StepTrigger trigger, absl::Time now);
  absl::Status FailStep(int step, const absl::Status& why, absl::Time now);

  // How the look-up of an earlier result goes: its key, which is not told yet,
  // then its end.
  void SetCacheKey(int step, const v1::CacheLookup& key);
  void SetCacheLookup(int step, const v1::CacheLookup& lookup);
  // Writes the step with the next write, by which it leaves the work for its
  // key to others if it has one.
  void LeaveWork(int step);
  // Takes over the outputs of the step that `lookup` names.
  absl::Status Reuse(int step, const v1::CacheLookup& lookup,
                     const std::vector<v1::Artifact>& outputs, absl::Time now);

  // Adds an attempt on `replica` and makes step and run RUNNING.
  absl::Status StartAttempt(int step, const std::string& replica,
                            absl::Time now);
  // The running attempt succeeded; `dispatch` is as Attempt.dispatch.
  absl::Status SucceedAttempt(int step, const v1::ExecutionResult& result,
                              absl::Duration dispatch, absl::Time now);
  // The running attempt ended badly; it goes as `outcome` says, and waits
  // `wait` if it is to be tried again.
  absl::Status EndAttempt(int step, const Outcome& outcome,
                          const absl::Status& why, absl::Duration dispatch,
                          absl::Duration wait, absl::Time now);

  // Says whether the run may start; a new run may not.
  void SetAdmitted(bool admitted) { admitted_ = admitted; }
  bool admitted() const { return admitted_; }

  // Makes the run PAUSED, and what it was before again.
  absl::Status Pause();
  absl::Status Resume();

  // Makes the run STOPPING.
  absl::Status Stop(const v1::Error& why);
  // Makes the run terminal: sets its outputs and times. FAILED_PRECONDITION: a
  // step has ended without an output that is a result of the run.
  absl::Status End(RunTrigger trigger, absl::Time now);

  // Whether anything has changed since the last TakeWrite.
  bool changed() const { return run_changed_ || !changed_steps_.empty(); }
  // Everything that has changed, with one event for each changed state.
  RunWrite TakeWrite(absl::Time now);
  // Takes a write back that could not be committed: all of it is changed
  // again, events included.
  void Untake(RunWrite write);

 private:
  // What follows from the record, and what is not in it, for each step.
  struct Working {
    std::vector<std::vector<int>> dependencies;
    std::vector<LiveAttempt> live;
    std::vector<LiveLookup> lookups;
  };

  ActiveRun(v1::Run run, bool inserted);

  Working& working() const;
  absl::Status Move(RunTrigger trigger);
  v1::Attempt* LastAttempt(int step);
  void FinishAttempt(int step, AttemptTrigger trigger, const absl::Status& why,
                     absl::Duration dispatch, absl::Time now);
  void RecordReads(int step);
  v1::Run CopyForWrite();
  v1::RunEvent StepEvent(int step, absl::Time now) const;

  std::string id_;
  RunRecord record_;
  // Null while nothing is under way and nobody asks.
  mutable std::unique_ptr<Working> working_;
  bool inserted_;
  std::string request_digest_;
  bool admitted_ = false;

  // Since the last TakeWrite.
  bool run_changed_ = false;
  std::set<int> changed_steps_;
  std::vector<ArtifactRead> reads_;
  // Events of a write that was taken back.
  std::vector<v1::RunEvent> untaken_events_;

  // As of the last TakeWrite: what events have told already.
  v1::RunState told_run_ = v1::RUN_STATE_UNSPECIFIED;
  std::vector<std::pair<v1::StepState, int>> told_steps_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_ACTIVE_RUN_H_
