#include "orchestrator/cli/terminal/interrupt.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace stagecoach {

void SignalInterrupt::Sleep(absl::Duration duration) {
  constexpr absl::Duration kSlice = absl::Milliseconds(20);
  while (duration > absl::ZeroDuration() && !requested()) {
    absl::SleepFor(std::min(duration, kSlice));
    duration -= kSlice;
  }
}

void SignalInterrupt::Pause(absl::Duration duration) {
  absl::SleepFor(duration);
}

}  // namespace stagecoach
