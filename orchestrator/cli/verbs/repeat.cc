#include "orchestrator/cli/verbs/repeat.h"

#include <memory>

#include "orchestrator/cli/client/run_follower.h"
#include "services/common/base/backoff.h"

namespace stagecoach {

absl::Status RepeatWhileAway(Context& context,
                             absl::FunctionRef<absl::Status()> call) {
  const FollowOptions options;
  Backoff backoff(options.backoff);
  const absl::Duration start = context.clock.Elapsed();
  // Ctrl-C ends the process as ever until there is something to end in order.
  std::unique_ptr<Interrupt> interrupt;
  while (true) {
    const absl::Status status = call();
    if (!IsNotReachable(status) && !absl::IsDeadlineExceeded(status)) {
      return status;
    }
    const absl::Duration away = context.clock.Elapsed() - start;
    if (away >= options.reconnect_limit) return status;
    if (interrupt == nullptr) {
      interrupt = context.interrupt();
      context.console.Err("the orchestrator is away, trying again\n");
    }
    interrupt->Sleep(backoff.Next());
    if (interrupt->requested()) return absl::CancelledError("interrupted");
  }
}

}  // namespace stagecoach
