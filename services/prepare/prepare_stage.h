// The stage that cuts series into windows; see README.md.

#ifndef SERVICES_PREPARE_PREPARE_STAGE_H_
#define SERVICES_PREPARE_PREPARE_STAGE_H_

#include "absl/status/status.h"
#include "services/common/stagekit/stage.h"

namespace stagecoach {

// Threads: as Stage says; it keeps nothing between executions.
class PrepareStage final : public Stage {
 public:
  v1::StageDescription Describe() const override;
  absl::Status Run(ExecutionContext& context) override;
};

}  // namespace stagecoach

#endif  // SERVICES_PREPARE_PREPARE_STAGE_H_
