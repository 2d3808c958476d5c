// The only source of time. Code that needs the time or a delay takes a Clock,
// so that tests move it by hand and nothing sleeps.

#ifndef SERVICES_COMMON_BASE_CLOCK_H_
#define SERVICES_COMMON_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace stagecoach {

// Tells the time.
//
// Threads: every method may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall-clock time: what records show. May jump when the machine's clock is
  // set; never use it for a deadline.
  virtual absl::Time Now() const = 0;

  // Time since an arbitrary start, which only grows: what deadlines and
  // measured durations use.
  virtual absl::Duration Elapsed() const = 0;

  // The machine's clock. Never destroyed.
  static Clock& Real();
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_CLOCK_H_
