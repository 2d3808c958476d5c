#include "services/train/train_stage.h"

#include "services/common/stagekit/stage_builder.h"
#include "services/common/tensor/guarded.h"
#include "services/common/tensor/torch_runtime.h"
#include "services/train/train_execution.h"

namespace stagecoach {
namespace {

constexpr v1::ArtifactType kTensor = v1::ARTIFACT_TYPE_TENSOR;

void AddParameters(StageBuilder& builder) {
  builder
      .Parameter(Integer("hidden_size", "units in an LSTM layer")
                     .Default(50)
                     .Minimum(1)
                     .Maximum(16'384))
      .Parameter(Integer("layers", "LSTM layers on top of each other")
                     .Default(1)
                     .Minimum(1)
                     .Maximum(64))
      .Parameter(Integer("epochs", "passes over the training windows")
                     .Default(100)
                     .Minimum(1)
                     .Maximum(100'000'000))
      .Parameter(Integer("batch_size", "windows for each step of Adam")
                     .Default(8)
                     .Minimum(1)
                     .Maximum(100'000'000))
      .Parameter(Number("learning_rate", "learning rate of Adam")
                     .Default(1e-3)
                     .Above(0)
                     .Maximum(1e6))
      .Parameter(Integer("seed", "of the initial weights and the shuffling")
                     .Default(0)
                     .Minimum(0))
      .Parameter(Integer("evaluation_interval",
                         "epochs from one evaluation to the next")
                     .Default(10)
                     .Minimum(1))
      .Parameter(Integer("checkpoint_interval",
                         "epochs from one checkpoint to the next; 0: none")
                     .Default(50)
                     .Minimum(0));
}

}  // namespace

TrainStage::TrainStage(Clock& clock)
    : clock_(clock), metrics_(std::make_unique<TrainMetrics>(unread_)) {}

v1::StageDescription TrainStage::Describe() const {
  StageBuilder builder("train", "1.0.0",
                       "Trains an LSTM to forecast the value after a window.");
  AddParameters(builder);
  return builder.Input("X_train", kTensor, "windows, F32 [n,lookback,features]")
      .Input("y_train", kTensor, "value after each window, F32 [n,1]")
      .Input("X_test", kTensor, "windows, F32 [m,lookback,features]")
      .Input("y_test", kTensor, "value after each window, F32 [m,1]")
      .Output("weights", v1::ARTIFACT_TYPE_WEIGHTS,
              "parameters as PyTorch names them; the metadata describes the "
              "model")
      .Output("history", v1::ARTIFACT_TYPE_REPORT,
              "loss of every epoch, RMSE of every evaluation")
      .Build();
}

void TrainStage::RegisterMetrics(prometheus::Registry& registry) {
  metrics_ = std::make_unique<TrainMetrics>(registry);
  RegisterTorchMetrics(registry);
}

absl::Status TrainStage::Run(ExecutionContext& context) {
  PrepareTorchThread();
  return Guarded("training", [this, &context] {
    return TrainExecution(context, clock_, *metrics_).Run();
  });
}

}  // namespace stagecoach
