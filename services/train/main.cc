#include <memory>

#include "services/common/stagekit/serve_stage.h"
#include "services/common/tensor/torch_runtime.h"
#include "services/train/train_stage.h"

int main(int argc, char** argv) {
  stagecoach::UseHugePagesForTensors();
  return stagecoach::ServeStage(argc, argv,
                                std::make_unique<stagecoach::TrainStage>());
}
