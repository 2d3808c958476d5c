// The stage that reads a series and splits it; see README.md.

#ifndef SERVICES_LOAD_LOAD_STAGE_H_
#define SERVICES_LOAD_LOAD_STAGE_H_

#include "absl/status/status.h"
#include "services/common/stagekit/stage.h"

namespace stagecoach {

// Threads: as Stage says; it keeps nothing between executions.
class LoadStage final : public Stage {
 public:
  v1::StageDescription Describe() const override;
  absl::Status Run(ExecutionContext& context) override;
};

}  // namespace stagecoach

#endif  // SERVICES_LOAD_LOAD_STAGE_H_
