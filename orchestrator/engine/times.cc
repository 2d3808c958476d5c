#include "orchestrator/engine/times.h"

#include <algorithm>

#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

struct Parts {
  absl::Duration queue;
  absl::Duration dispatch;
  absl::Duration read;
  absl::Duration compute;
  absl::Duration write;

  absl::Duration Sum() const {
    return queue + dispatch + read + compute + write;
  }
};

void AddAttempt(const v1::Attempt& attempt, Parts& parts) {
  const v1::PhaseTimes& times = attempt.times();
  parts.dispatch +=
      FromProtoDuration(attempt.dispatch()) + FromProtoDuration(times.queue());
  parts.read += FromProtoDuration(times.read());
  parts.compute += FromProtoDuration(times.compute());
  parts.write += FromProtoDuration(times.write());
}

void AddStep(const v1::Step& step, Parts& parts) {
  if (!step.has_ready_time() || !step.reused_from_run().empty()) return;
  absl::Time waiting_since = FromTimestamp(step.ready_time());
  for (const v1::Attempt& attempt : step.attempts()) {
    parts.queue += FromTimestamp(attempt.start_time()) - waiting_since;
    waiting_since = FromTimestamp(attempt.end_time());
    AddAttempt(attempt, parts);
  }
  if (step.attempts_size() == 0) {
    parts.queue += FromTimestamp(step.state_time()) - waiting_since;
  }
}

}  // namespace

v1::RunTimes RunTimesOf(const v1::Run& run) {
  Parts parts;
  for (const v1::Step& step : run.steps()) AddStep(step, parts);
  const absl::Duration wall =
      FromTimestamp(run.end_time()) - FromTimestamp(run.create_time());
  v1::RunTimes times;
  *times.mutable_wall() = ToProtoDuration(wall);
  *times.mutable_queue() = ToProtoDuration(parts.queue);
  *times.mutable_dispatch() = ToProtoDuration(parts.dispatch);
  *times.mutable_read() = ToProtoDuration(parts.read);
  *times.mutable_compute() = ToProtoDuration(parts.compute);
  *times.mutable_write() = ToProtoDuration(parts.write);
  *times.mutable_commit() =
      ToProtoDuration(std::max(wall - parts.Sum(), absl::ZeroDuration()));
  return times;
}

absl::Duration WorkOf(const v1::RunTimes& times) {
  return FromProtoDuration(times.read()) + FromProtoDuration(times.compute()) +
         FromProtoDuration(times.write());
}

}  // namespace stagecoach
