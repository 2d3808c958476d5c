#include "orchestrator/engine/outcome.h"

#include <algorithm>
#include <string>

#include "absl/functional/function_ref.h"
#include "services/common/base/backoff.h"
#include "services/common/base/retry_hint.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// A refused attempt has never started; the wait after it does not grow beyond
// that of this many.
constexpr int kRefusalsThatCount = 5;

int CountAttempts(const v1::Step& step,
                  absl::FunctionRef<bool(const v1::Attempt&)> condition) {
  return static_cast<int>(
      std::count_if(step.attempts().begin(), step.attempts().end(), condition));
}

bool IsRefused(const v1::Attempt& attempt) {
  return attempt.state() == v1::ATTEMPT_STATE_LOST &&
         FromError(attempt.error()).code() ==
             absl::StatusCode::kResourceExhausted;
}

// The replica went away or gave the work back: the step's own retries are not
// used up. The first loss is made good at once.
Outcome Lost(const v1::Step& step) {
  const int lost =
      1 + CountAttempts(step, [](const v1::Attempt& attempt) {
        return attempt.state() == v1::ATTEMPT_STATE_LOST && !IsRefused(attempt);
      });
  Outcome outcome{.attempt = AttemptTrigger::kLost};
  if (lost > kMaxLostAttempts) {
    outcome.step = StepTrigger::kFailed;
  } else if (lost == 1) {
    outcome.step = StepTrigger::kLost;
  } else {
    outcome.step = StepTrigger::kRetry;
    outcome.failures = lost - 1;
  }
  return outcome;
}

// Another orchestrator was faster to take the slot: no loss, and it happens
// again as long as there are more steps than slots.
Outcome Refused(const v1::Step& step, absl::Duration rest_replica) {
  const int refused = 1 + CountAttempts(step, IsRefused);
  Outcome outcome{.attempt = AttemptTrigger::kLost,
                  .rest_replica = rest_replica};
  if (refused > kMaxRefusedAttempts) {
    outcome.step = StepTrigger::kFailed;
  } else if (refused == 1) {
    outcome.step = StepTrigger::kLost;
  } else {
    outcome.step = StepTrigger::kRetry;
    outcome.failures = std::min(refused - 1, kRefusalsThatCount);
  }
  return outcome;
}

Outcome Failed(const v1::Step& step, int max_attempts) {
  const int failed = 1 + CountAttempts(step, [](const v1::Attempt& attempt) {
                       return attempt.state() == v1::ATTEMPT_STATE_FAILED;
                     });
  if (failed >= max_attempts) return Outcome{};
  return Outcome{.step = StepTrigger::kRetry, .failures = failed};
}

}  // namespace

StepLimits LimitsOf(const v1::PipelineStep& step) {
  StepLimits limits;
  const v1::RetryPolicy& retry = step.retry();
  if (retry.max_attempts() > 0) limits.max_attempts = retry.max_attempts();
  if (retry.has_backoff()) limits.backoff = FromProtoDuration(retry.backoff());
  if (retry.has_max_backoff()) {
    limits.max_backoff = FromProtoDuration(retry.max_backoff());
  }
  limits.max_backoff = std::max(limits.max_backoff, limits.backoff);
  if (step.has_timeout()) limits.timeout = FromProtoDuration(step.timeout());
  if (step.has_queue_timeout()) {
    limits.queue_timeout = FromProtoDuration(step.queue_timeout());
  }
  if (step.has_total_timeout()) {
    limits.total_timeout = FromProtoDuration(step.total_timeout());
  }
  return limits;
}

absl::Duration TimeoutOf(const v1::Pipeline& pipeline) {
  return pipeline.has_timeout() ? FromProtoDuration(pipeline.timeout())
                                : absl::Hours(24);
}

absl::Duration RetryWait(const StepLimits& limits, int failures,
                         double random) {
  if (limits.backoff <= absl::ZeroDuration()) return absl::ZeroDuration();
  return BackoffDelay(
      {.initial = limits.backoff, .maximum = limits.max_backoff}, failures,
      random);
}

Outcome OutcomeOf(const v1::Step& step, const absl::Status& status,
                  int max_attempts, bool stopping) {
  if (stopping) {
    return Outcome{.attempt = AttemptTrigger::kCancelled,
                   .step = StepTrigger::kStopped};
  }
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
      return Lost(step);
    case absl::StatusCode::kResourceExhausted: {
      // With a hint the replica had no free slot and never started; without,
      // the work itself ran out of memory or of room.
      const absl::optional<absl::Duration> hint = RetryHint(status);
      if (hint.has_value()) return Refused(step, *hint);
      return Failed(step, max_attempts);
    }
    case absl::StatusCode::kDeadlineExceeded:
      return Failed(step, max_attempts);
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return Failed(step, std::min(max_attempts, 2));
    default:
      return Outcome{};
  }
}

v1::Error ToError(const absl::Status& status) {
  v1::Error error;
  error.set_code(static_cast<v1::ErrorCode>(status.code()));
  error.set_message(std::string(status.message()));
  return error;
}

absl::Status FromError(const v1::Error& error) {
  return absl::Status(static_cast<absl::StatusCode>(error.code()),
                      error.message());
}

}  // namespace stagecoach
