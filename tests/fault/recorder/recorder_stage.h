// A stage that writes down what it executes, for tests that count.

#ifndef TESTS_FAULT_RECORDER_RECORDER_STAGE_H_
#define TESTS_FAULT_RECORDER_RECORDER_STAGE_H_

#include "absl/status/status.h"
#include "services/common/stagekit/stage.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// Records its begin (journal.h), takes `sleep` seconds, fails as
// DEADLINE_EXCEEDED if it is one of the first `fail_attempts` attempts, and
// otherwise writes `<word>(<first>,<second>)` to the output `text`: the
// parameter around the contents of its inputs.
//
// Threads: as Stage.
class RecorderStage final : public Stage {
 public:
  v1::StageDescription Describe() const override;
  absl::Status Run(ExecutionContext& context) override;
};

}  // namespace stagecoach

#endif  // TESTS_FAULT_RECORDER_RECORDER_STAGE_H_
