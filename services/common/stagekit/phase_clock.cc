#include "services/common/stagekit/phase_clock.h"

#include <utility>

#include "services/common/contract/proto_time.h"

namespace stagecoach {

PhaseClock::PhaseClock(const Clock& clock)
    : clock_(&clock), last_(clock.Elapsed()) {}

Phase PhaseClock::Enter(Phase phase) {
  Account();
  return std::exchange(phase_, phase);
}

v1::PhaseTimes PhaseClock::Times() {
  Account();
  const auto spent = [this](Phase phase) {
    return ToProtoDuration(spent_[static_cast<size_t>(phase)]);
  };
  v1::PhaseTimes times;
  *times.mutable_queue() = spent(Phase::kQueue);
  *times.mutable_read() = spent(Phase::kRead);
  *times.mutable_compute() = spent(Phase::kCompute);
  *times.mutable_write() = spent(Phase::kWrite);
  return times;
}

void PhaseClock::Account() {
  const absl::Duration now = clock_->Elapsed();
  spent_[static_cast<size_t>(phase_)] += now - last_;
  last_ = now;
}

}  // namespace stagecoach
