// A stage that does nothing, for tests and benchmarks of what is around it.

#ifndef TESTS_NOOP_NOOP_STAGE_H_
#define TESTS_NOOP_NOOP_STAGE_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/stagekit/stage.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// Takes `length`, reporting how far it is; CANCELLED if the execution is.
absl::Status Sleep(absl::Duration length, ExecutionContext& context);

// Sleeps for `sleep` seconds, reporting how far it is, and then ends with the
// code `fail_with`, or well if that is empty. Neither reads nor writes.
//
// Threads: as Stage.
class NoopStage final : public Stage {
 public:
  v1::StageDescription Describe() const override;
  absl::Status Run(ExecutionContext& context) override;
};

}  // namespace stagecoach

#endif  // TESTS_NOOP_NOOP_STAGE_H_
