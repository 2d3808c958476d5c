// The stage that forecasts with a trained model; see README.md.

#ifndef SERVICES_FORECAST_FORECAST_STAGE_H_
#define SERVICES_FORECAST_FORECAST_STAGE_H_

#include "absl/status/status.h"
#include "services/common/stagekit/stage.h"

namespace stagecoach {

// Threads: as Stage says; it keeps nothing between executions.
class ForecastStage final : public Stage {
 public:
  v1::StageDescription Describe() const override;
  void RegisterMetrics(prometheus::Registry& registry) override;
  absl::Status Run(ExecutionContext& context) override;
};

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_FORECAST_STAGE_H_
