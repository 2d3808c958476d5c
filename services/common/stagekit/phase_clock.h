// Splits the wall time of an execution into phases that add up to it.

#ifndef SERVICES_COMMON_STAGEKIT_PHASE_CLOCK_H_
#define SERVICES_COMMON_STAGEKIT_PHASE_CLOCK_H_

#include <array>
#include <cstddef>

#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// As v1::PhaseTimes says.
enum class Phase { kQueue, kRead, kCompute, kWrite };
inline constexpr size_t kPhases = 4;

// Always in exactly one phase; the time since the last change counts for the
// one it is in. Starts in kQueue.
//
// Threads: one at a time. `clock` must outlive it.
class PhaseClock {
 public:
  explicit PhaseClock(const Clock& clock);

  // Changes the phase and returns the former one.
  Phase Enter(Phase phase);

  // The times up to now.
  v1::PhaseTimes Times();

 private:
  void Account();

  const Clock* clock_;
  Phase phase_ = Phase::kQueue;
  absl::Duration last_;
  std::array<absl::Duration, kPhases> spent_;
};

// Is in `phase` while it lives, then in the former one again.
class ScopedPhase {
 public:
  ScopedPhase(PhaseClock& clock, Phase phase)
      : clock_(clock), former_(clock.Enter(phase)) {}
  ~ScopedPhase() { clock_.Enter(former_); }
  ScopedPhase(const ScopedPhase&) = delete;
  ScopedPhase& operator=(const ScopedPhase&) = delete;

 private:
  PhaseClock& clock_;
  const Phase former_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_PHASE_CLOCK_H_
