#include "services/train/train_stage.h"

#include "services/common/model/model_kind.h"
#include "services/common/stagekit/stage_builder.h"
#include "services/common/tensor/guarded.h"
#include "services/common/tensor/torch_runtime.h"

namespace stagecoach {
namespace {

constexpr v1::ArtifactType kTensor = v1::ARTIFACT_TYPE_TENSOR;

void AddModelParameters(StageBuilder& builder) {
  builder
      .Parameter(String("model", "kind of model")
                     .Default(ModelNames().front())
                     .Choices(ModelNames()))
      .Parameter(Integer("hidden_size", "units in a hidden layer")
                     .Default(50)
                     .Minimum(1)
                     .Maximum(16'384))
      .Parameter(Integer("layers", "hidden layers on top of each other")
                     .Default(1)
                     .Minimum(1)
                     .Maximum(64))
      .Parameter(Number("dropout",
                        "part of the values that is dropped after each hidden "
                        "layer in training")
                     .Default(0)
                     .Minimum(0)
                     .Below(1));
}

void AddOptimizerParameters(StageBuilder& builder) {
  builder
      .Parameter(Number("learning_rate", "learning rate at the start")
                     .Default(1e-3)
                     .Above(0)
                     .Maximum(1e6))
      .Parameter(String("optimizer", "what turns gradients into steps")
                     .Default("adam")
                     .Choices({"adam", "adamw", "sgd"}))
      .Parameter(Number("momentum",
                        "of sgd: part of the step before that each "
                        "step repeats")
                     .Default(0.9)
                     .Minimum(0)
                     .Below(1))
      .Parameter(
          Number("weight_decay", "how strongly parameters are drawn to zero")
              .Default(0)
              .Minimum(0)
              .Maximum(1e6))
      .Parameter(String("schedule", "how the learning rate changes")
                     .Default("none")
                     .Choices({"none", "step", "cosine", "plateau"}))
      .Parameter(Integer("schedule_epochs",
                         "of step: epochs from one reduction to the next; of "
                         "plateau: epochs without a smaller loss before one")
                     .Default(30)
                     .Minimum(1))
      .Parameter(Number("schedule_factor",
                        "what a reduction of step or plateau multiplies the "
                        "learning rate by")
                     .Default(0.1)
                     .Above(0)
                     .Maximum(1))
      .Parameter(Number("gradient_clip",
                        "2-norm that gradients are cut to; 0: they are not")
                     .Default(0)
                     .Minimum(0));
}

void AddTrainingParameters(StageBuilder& builder) {
  builder
      .Parameter(Integer("epochs", "passes over the training windows")
                     .Default(100)
                     .Minimum(1)
                     .Maximum(100'000'000))
      .Parameter(Integer("batch_size", "windows for each step")
                     .Default(8)
                     .Minimum(1)
                     .Maximum(100'000'000))
      .Parameter(Number("validation_share",
                        "part of the training windows, from the end, that is "
                        "not trained on but validates")
                     .Default(0)
                     .Minimum(0)
                     .Below(1))
      .Parameter(Integer("early_stopping",
                         "epochs without a smaller validation loss that end "
                         "the training, with the weights of the best epoch; "
                         "0: never")
                     .Default(0)
                     .Minimum(0))
      .Parameter(Integer("seed",
                         "of all that is random: initial weights, "
                         "shuffling, dropout")
                     .Default(0)
                     .Minimum(0))
      .Parameter(String("device",
                        "where it is computed; auto: on CUDA if "
                        "there is any")
                     .Default("auto")
                     .Choices({"auto", "cpu", "cuda"}))
      .Parameter(Integer("evaluation_interval",
                         "epochs from one evaluation to the next")
                     .Default(10)
                     .Minimum(1))
      .Parameter(Integer("checkpoint_interval",
                         "epochs from one checkpoint to the next, but at "
                         "most one a second is saved; 0: none")
                     .Default(50)
                     .Minimum(0));
}

}  // namespace

TrainStage::TrainStage(Clock& clock, TrainSpacing spacing)
    : clock_(clock),
      spacing_(spacing),
      metrics_(std::make_unique<TrainMetrics>(unread_)) {}

v1::StageDescription TrainStage::Describe() const {
  StageBuilder builder("train", "1.1.0",
                       "Trains a model to forecast the values after a window.");
  AddModelParameters(builder);
  AddTrainingParameters(builder);
  AddOptimizerParameters(builder);
  return builder.Input("X_train", kTensor, "windows, F32 [n,lookback,features]")
      .Input("y_train", kTensor, "values after each window, F32 [n,horizon]")
      .Input("X_test", kTensor, "windows, F32 [m,lookback,features]")
      .Input("y_test", kTensor, "values after each window, F32 [m,horizon]")
      .OptionalInput("scaler", v1::ARTIFACT_TYPE_REPORT,
                     "how prepare made the windows; with it RMSEs are in the "
                     "original units, and the weights carry it along")
      .Output("weights", v1::ARTIFACT_TYPE_WEIGHTS,
              "parameters as PyTorch names them; the metadata describes the "
              "model")
      .Output("history", v1::ARTIFACT_TYPE_REPORT,
              "loss of every epoch, RMSE of every evaluation")
      .Output("history_table", v1::ARTIFACT_TYPE_TABLE,
              "the same, a row for each epoch")
      .Build();
}

void TrainStage::RegisterMetrics(prometheus::Registry& registry) {
  metrics_ = std::make_unique<TrainMetrics>(registry);
}

absl::Status TrainStage::Run(ExecutionContext& context) {
  PrepareTorchThread();
  return Guarded("training", [this, &context] {
    return TrainExecution(context, clock_, spacing_, *metrics_).Run();
  });
}

}  // namespace stagecoach
