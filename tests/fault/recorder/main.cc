#include <memory>

#include "services/common/stagekit/serve_stage.h"
#include "tests/fault/recorder/recorder_stage.h"

int main(int argc, char** argv) {
  return stagecoach::ServeStage(argc, argv,
                                std::make_unique<stagecoach::RecorderStage>());
}
