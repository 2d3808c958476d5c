// The stage that trains the model; see README.md.

#ifndef SERVICES_TRAIN_TRAIN_STAGE_H_
#define SERVICES_TRAIN_TRAIN_STAGE_H_

#include <memory>

#include "absl/status/status.h"
#include "services/common/base/clock.h"
#include "services/common/stagekit/stage.h"
#include "services/train/train_execution.h"
#include "services/train/train_metrics.h"

namespace stagecoach {

// Threads: as Stage says.
class TrainStage final : public Stage {
 public:
  // `clock` must outlive the stage.
  explicit TrainStage(Clock& clock = Clock::Real(), TrainSpacing spacing = {});

  v1::StageDescription Describe() const override;
  void RegisterMetrics(prometheus::Registry& registry) override;
  absl::Status Run(ExecutionContext& context) override;

 private:
  Clock& clock_;
  const TrainSpacing spacing_;
  // Until RegisterMetrics, what is counted goes to a registry of the stage's
  // own, which nobody reads.
  prometheus::Registry unread_;
  std::unique_ptr<TrainMetrics> metrics_;
};

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_TRAIN_STAGE_H_
