// How far apart tries are: exponential, with full jitter, so that many callers
// who failed together do not come back together.
//
// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture
// Blog, 2015.

#ifndef SERVICES_COMMON_BASE_BACKOFF_H_
#define SERVICES_COMMON_BASE_BACKOFF_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace stagecoach {

struct BackoffOptions {
  // Upper limit of the delay after the first failure, > 0.
  absl::Duration initial = absl::Milliseconds(100);
  // Upper limit of any delay, >= initial.
  absl::Duration maximum = absl::Seconds(30);
  // How much the limit grows with each further failure, >= 1.
  double multiplier = 2.0;
};

// INVALID_ARGUMENT naming the option, its value and what is allowed.
absl::Status CheckBackoffOptions(const BackoffOptions& options);

// Delay after the `failures`-th failure in a row (1 is the first; smaller
// counts as 1): `random` (in [0, 1)) times
// min(maximum, initial * multiplier^(failures - 1)). Pure.
absl::Duration BackoffDelay(const BackoffOptions& options, int failures,
                            double random);

// A random number in [0, 1).
//
// Threads: any.
double RandomUnit();

// Counts failures and gives the delay after each.
//
// Threads: one at a time.
class Backoff {
 public:
  // `random` gives numbers in [0, 1); a test passes its own.
  explicit Backoff(BackoffOptions options,
                   std::function<double()> random = RandomUnit);

  // Delay before the next try, after one more failure.
  absl::Duration Next();

  // Forgets all failures, after a success.
  void Reset() { failures_ = 0; }

  // Failures since the last success.
  int failures() const { return failures_; }

 private:
  BackoffOptions options_;
  std::function<double()> random_;
  int failures_ = 0;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_BACKOFF_H_
