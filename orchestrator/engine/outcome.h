// What the end of an attempt means: the table of design section 8 as a pure
// function.

#ifndef ORCHESTRATOR_ENGINE_OUTCOME_H_
#define ORCHESTRATOR_ENGINE_OUTCOME_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "orchestrator/engine/transitions.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// What happens to an attempt that ended badly, and to its step.
struct Outcome {
  AttemptTrigger attempt = AttemptTrigger::kFailed;
  StepTrigger step = StepTrigger::kFailed;
  // With StepTrigger::kRetry: failures so far that ended the same way, >= 1;
  // the wait before the next attempt grows with them.
  int failures = 0;
  // How long to give the replica nothing; > 0 only when it refused the work.
  absl::Duration rest_replica = absl::ZeroDuration();
};

// Defaults of a step's limits, filled in.
struct StepLimits {
  int max_attempts = 3;
  absl::Duration backoff = absl::Seconds(1);
  absl::Duration max_backoff = absl::Seconds(60);
  absl::Duration timeout = absl::Hours(1);
  absl::Duration queue_timeout = absl::Minutes(10);
  // From when the step was first ready, with all its attempts and waits.
  absl::Duration total_timeout = absl::InfiniteDuration();
};
StepLimits LimitsOf(const v1::PipelineStep& step);

// A run's limit on its whole time, default filled in.
absl::Duration TimeoutOf(const v1::Pipeline& pipeline);

// The wait before the attempt after `failures` >= 1, with full jitter by
// `random` in [0, 1).
absl::Duration RetryWait(const StepLimits& limits, int failures, double random);

// Attempts that may be lost with their replicas before the step fails.
inline constexpr int kMaxLostAttempts = 10;

// Attempts that may be refused because others had taken the slot: with the
// waits between them some ten minutes.
inline constexpr int kMaxRefusedAttempts = 100;

// `step` holds the attempt that ended, still RUNNING, as its last one.
// `status` is not OK. `stopping`: the run is being stopped.
Outcome OutcomeOf(const v1::Step& step, const absl::Status& status,
                  int max_attempts, bool stopping);

// absl::Status as the record keeps it, and back.
v1::Error ToError(const absl::Status& status);
absl::Status FromError(const v1::Error& error);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_OUTCOME_H_
