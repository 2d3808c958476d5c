// Follows a run to its end, also across restarts of the orchestrator.

#ifndef ORCHESTRATOR_CLI_CLIENT_RUN_FOLLOWER_H_
#define ORCHESTRATOR_CLI_CLIENT_RUN_FOLLOWER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/cli/client/orchestrator_client.h"
#include "orchestrator/cli/terminal/interrupt.h"
#include "services/common/base/backoff.h"
#include "services/common/base/clock.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Is told what happens to the run that is followed.
class RunObserver {
 public:
  virtual ~RunObserver() = default;

  // The run as it was created. First, once.
  virtual void OnCreated(const v1::Run& run) = 0;
  // Each durable event once, in order, and progress.
  virtual void OnEvent(const v1::RunEvent& event) = 0;
  // The connection was lost, and why, and how long ago; OK: it is back.
  virtual void OnConnection(const absl::Status& status,
                            absl::Duration lost_for) = 0;
  // Nothing happened for the length of a tick.
  virtual void OnTick() = 0;
};

struct FollowOptions {
  // How long the orchestrator may be away before following is given up, >= 0.
  absl::Duration reconnect_limit = absl::Minutes(2);
  // Delays between tries to reach it.
  BackoffOptions backoff = {absl::Milliseconds(200), absl::Seconds(2), 2.0};
  // How often OnTick is called while nothing happens, > 0.
  absl::Duration tick = absl::Milliseconds(100);
  // Whether Watch tells the events of a run that has ended, too.
  bool replay_ended = false;
};

// How following ended.
struct Followed {
  // The run as it ended; if `interrupted`, as far as it is known (without id
  // if it was not even created).
  v1::Run run;
  // Whether it was let go because of an interrupt. The run goes on.
  bool interrupted = false;
};

// Threads: one at a time. Everything given must outlive it.
class RunFollower {
 public:
  RunFollower(OrchestratorClient& client, RunObserver& observer,
              Interrupt& interrupt, const Clock& clock,
              const FollowOptions& options = {});

  // Creates a run and follows it. `request` must carry an idempotency key: if
  // the orchestrator is lost before it has told the run's id, it is asked
  // again. Codes before the run is created as ExecuteRun; afterwards as Watch.
  absl::StatusOr<Followed> Execute(const v1::ExecuteRunRequest& request);

  // Follows a run from its beginning; one that has ended is returned at once,
  // unless it is to be replayed.
  //
  // NOT_FOUND: no such run. UNAVAILABLE: the orchestrator was away for longer
  // than the limit, or (IsNotReachable) was not there at all.
  absl::StatusOr<Followed> Watch(const std::string& run_id);

 private:
  // Follows one stream; its end, unless there is an outcome.
  absl::Status Drain(RunFeed& feed);
  void Take(FeedItem item);
  void TakeEvent(const v1::RunEvent& event);
  void Connected();

  // Asks for the run until it is known to be created.
  absl::Status Create(const v1::ExecuteRunRequest& request);

  // Opens streams until there is an outcome.
  absl::StatusOr<Followed> Follow();
  // After a stream has ended well: the run, if it has ended.
  absl::Status FetchEnd();
  std::string RunMayGoOn() const;
  // Waits before the next try; the error, about `what`, if it is time to give
  // up.
  absl::Status WaitToReconnect(const absl::Status& why, absl::string_view what);

  OrchestratorClient& client_;
  RunObserver& observer_;
  Interrupt& interrupt_;
  const Clock& clock_;
  const FollowOptions options_;

  Backoff backoff_;
  v1::Run run_;
  int64_t cursor_ = 0;
  std::optional<absl::Duration> lost_at_;
  std::optional<Followed> outcome_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLIENT_RUN_FOLLOWER_H_
