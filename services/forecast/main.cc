#include <memory>

#include "services/common/stagekit/serve_stage.h"
#include "services/common/tensor/torch_runtime.h"
#include "services/forecast/forecast_stage.h"
#include "services/forecast/prediction_service.h"

int main(int argc, char** argv) {
  stagecoach::UseHugePagesForTensors();
  return stagecoach::ServeStage(argc, argv,
                                std::make_unique<stagecoach::ForecastStage>(),
                                stagecoach::MakePredictionService);
}
