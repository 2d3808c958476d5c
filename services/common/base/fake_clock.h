// A clock for tests that stands still until it is moved.

#ifndef SERVICES_COMMON_BASE_FAKE_CLOCK_H_
#define SERVICES_COMMON_BASE_FAKE_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/clock.h"

namespace stagecoach {

// Threads: every method may be called from any thread.
class FakeClock final : public Clock {
 public:
  absl::Time Now() const override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }
  absl::Duration Elapsed() const override {
    absl::MutexLock lock(&mutex_);
    return elapsed_;
  }

  // Moves both readings on by `step`, >= 0.
  void Advance(absl::Duration step) {
    absl::MutexLock lock(&mutex_);
    now_ += step;
    elapsed_ += step;
  }

  // Moves only the wall clock, as when the machine's clock is set.
  void JumpWallClock(absl::Duration jump) {
    absl::MutexLock lock(&mutex_);
    now_ += jump;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_) =
      absl::FromUnixSeconds(1'700'000'000);
  absl::Duration elapsed_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_FAKE_CLOCK_H_
