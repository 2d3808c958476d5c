#include "services/train/train_execution.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/status_macros.h"
#include "services/common/model/weights_metadata.h"
#include "services/common/tensor/tensor_artifacts.h"
#include "services/common/tensor/torch_runtime.h"

namespace stagecoach {
namespace {

// Within a long epoch, progress is reported in steps of this size.
constexpr double kReportedStep = 0.01;

TrainerOptions OptionsOf(const ExecutionContext& context) {
  TrainerOptions options;
  options.model = context.String("model");
  options.hidden_size = context.Integer("hidden_size");
  options.layers = context.Integer("layers");
  options.dropout = context.Number("dropout");
  options.epochs = context.Integer("epochs");
  options.batch_size = context.Integer("batch_size");
  options.learning_rate = context.Number("learning_rate");
  options.optimizer.name = context.String("optimizer");
  options.optimizer.momentum = context.Number("momentum");
  options.optimizer.weight_decay = context.Number("weight_decay");
  options.schedule.name = context.String("schedule");
  options.schedule.epochs = context.Integer("schedule_epochs");
  options.schedule.factor = context.Number("schedule_factor");
  options.gradient_clip = context.Number("gradient_clip");
  options.early_stopping = context.Integer("early_stopping");
  options.seed = context.Integer("seed");
  options.evaluation_interval = context.Integer("evaluation_interval");
  return options;
}

absl::StatusOr<at::Tensor> OpenTensor(ExecutionContext& context,
                                      const std::string& input,
                                      absl::Span<const int64_t> shape) {
  SC_ASSIGN_OR_RETURN(const SafetensorsView file, context.OpenTensors(input));
  SC_ASSIGN_OR_RETURN(at::Tensor tensor,
                      FindTensor(file, input, Dtype::kF32, shape), "input '",
                      input, "'");
  return tensor;
}

// Windows and targets of train decide what the others must look like.
absl::StatusOr<TrainingData> OpenData(ExecutionContext& context) {
  TrainingData data;
  SC_ASSIGN_OR_RETURN(
      data.x_train,
      OpenTensor(context, "X_train", {kAnyLength, kAnyLength, kAnyLength}));
  SC_ASSIGN_OR_RETURN(
      data.y_train,
      OpenTensor(context, "y_train", {data.x_train.size(0), kAnyLength}));
  SC_ASSIGN_OR_RETURN(data.x_test, OpenTensor(context, "X_test",
                                              {kAnyLength, data.x_train.size(1),
                                               data.x_train.size(2)}));
  SC_ASSIGN_OR_RETURN(data.y_test,
                      OpenTensor(context, "y_test",
                                 {data.x_test.size(0), data.y_train.size(1)}));
  const double share = context.Number("validation_share");
  if (share > 0) return TakeValidation(std::move(data), share);
  if (context.Integer("early_stopping") == 0) return data;
  return absl::InvalidArgumentError(
      "parameter 'early_stopping' needs validation windows; set "
      "'validation_share' too, for example to 0.1");
}

// Of one product of a batch with the largest of the model's matrices.
int64_t MultiplyAdds(const Model& model, int64_t batch_size) {
  int64_t largest = 0;
  for (const at::Tensor& tensor : model.tensors()) {
    largest = std::max(largest, tensor.numel());
  }
  return largest * batch_size;
}

}  // namespace

TrainExecution::TrainExecution(ExecutionContext& context, Clock& clock,
                               const TrainSpacing& spacing,
                               TrainMetrics& metrics)
    : context_(context),
      clock_(clock),
      spacing_(spacing),
      metrics_(metrics),
      options_(OptionsOf(context)),
      checkpoint_interval_(context.Integer("checkpoint_interval")) {}

absl::Status TrainExecution::Run() {
  SC_ASSIGN_OR_RETURN(TrainingData data, OpenData(context_));
  SC_ASSIGN_OR_RETURN(options_.device, FindDevice(context_.String("device")));
  SC_RETURN_IF_ERROR(TakeScaler(data));
  const int64_t windows = data.x_train.size(0);
  batches_per_epoch_ =
      (windows + options_.batch_size - 1) / options_.batch_size;
  Trainer trainer(options_, std::move(data));
  metrics_.threads.Set(PrepareTorchThread(
      MultiplyAdds(trainer.model(), std::min(options_.batch_size, windows))));
  SC_RETURN_IF_ERROR(Resume(trainer));
  checkpoint_time_ = clock_.Elapsed();
  const absl::Status trained = TrainEpochs(trainer);
  if (context_.cancelled() && checkpoint_interval_ > 0) {
    // The execution ends as stopped, whatever becomes of this; the metric
    // tells.
    SaveCheckpoint(trainer).IgnoreError();
  }
  SC_RETURN_IF_ERROR(trained);
  return WriteOutputs(trainer);
}

absl::Status TrainExecution::TakeScaler(TrainingData& data) {
  if (!context_.HasInput("scaler")) return absl::OkStatus();
  SC_ASSIGN_OR_RETURN(const ArtifactReader file, context_.OpenInput("scaler"));
  SC_ASSIGN_OR_RETURN(scaler_, ParseScaler(file.bytes()), "input 'scaler'");
  ModelShape shape;
  shape.lookback = data.x_train.size(1);
  shape.input_size = data.x_train.size(2);
  shape.output_size = data.y_train.size(1);
  SC_RETURN_IF_ERROR(CheckFits(*scaler_, shape), "input 'scaler'");
  data.target = scaler_->target_column();
  return absl::OkStatus();
}

absl::Status TrainExecution::Resume(Trainer& trainer) {
  SC_ASSIGN_OR_RETURN(const std::optional<SafetensorsView> checkpoint,
                      context_.OpenCheckpoint());
  if (!checkpoint.has_value()) return absl::OkStatus();
  const absl::Status restored = trainer.RestoreState(*checkpoint);
  if (!restored.ok()) {
    // Of another build, say. Training anew costs time, but ends the same.
    Report(trainer, absl::StrCat("starts over: ", restored.message()));
    return absl::OkStatus();
  }
  metrics_.resumes.Increment();
  saved_batches_ = trainer.batches_done();
  Report(trainer, absl::StrCat("goes on after epoch ", trainer.epochs_done()));
  return absl::OkStatus();
}

absl::Status TrainExecution::TrainEpochs(Trainer& trainer) {
  while (!trainer.done()) {
    SC_RETURN_IF_ERROR(TrainEpoch(trainer));
    Report(trainer);
    const bool due =
        checkpoint_interval_ > 0 && !trainer.done() &&
        trainer.epochs_done() % checkpoint_interval_ == 0 &&
        clock_.Elapsed() - checkpoint_time_ >= spacing_.checkpoints;
    if (due) SC_RETURN_IF_ERROR(SaveCheckpoint(trainer));
  }
  return absl::OkStatus();
}

absl::Status TrainExecution::TrainEpoch(Trainer& trainer) {
  const absl::Duration start = clock_.Elapsed();
  const int64_t windows_before = trainer.windows_done();
  const absl::Status finished = trainer.FinishEpoch([this, &trainer] {
    if (Fraction(trainer) >= reported_fraction_ + kReportedStep) {
      Report(trainer);
    }
    return context_.cancelled();
  });
  metrics_.samples.Increment(trainer.windows_done() - windows_before);
  SC_RETURN_IF_ERROR(finished);
  metrics_.epochs.Increment();
  metrics_.epoch_seconds.Observe(
      absl::ToDoubleSeconds(clock_.Elapsed() - start));
  metrics_.loss.Set(trainer.history().losses.back());
  const auto& evaluations = trainer.history().evaluations;
  if (!evaluations.empty()) {
    metrics_.rmse_train.Set(evaluations.back().rmse_train);
    metrics_.rmse_test.Set(evaluations.back().rmse_test);
  }
  return absl::OkStatus();
}

absl::Status TrainExecution::SaveCheckpoint(const Trainer& trainer) {
  if (trainer.batches_done() == saved_batches_) return absl::OkStatus();
  const absl::Duration start = clock_.Elapsed();
  const TrainerState state = trainer.SaveState();
  const absl::Status saved = context_.SaveCheckpoint(
      trainer.batches_done(), ViewsOf(state.tensors), state.metadata);
  (saved.ok() ? metrics_.checkpoints_saved : metrics_.checkpoints_failed)
      .Increment();
  if (!saved.ok()) return saved;
  saved_batches_ = trainer.batches_done();
  checkpoint_time_ = clock_.Elapsed();
  metrics_.checkpoint_seconds.Observe(
      absl::ToDoubleSeconds(clock_.Elapsed() - start));
  metrics_.last_checkpoint.Set(
      absl::ToDoubleSeconds(clock_.Now() - absl::UnixEpoch()));
  return absl::OkStatus();
}

absl::Status TrainExecution::WriteOutputs(const Trainer& trainer) {
  const TrainingHistory& history = trainer.history();
  const Model model = trainer.model().CopyTo(at::kCPU);
  SC_RETURN_IF_ERROR(context_.WriteTensors(
      "weights", ViewsOf(model.parameters()),
      ToMetadata({&model.kind(), model.shape(), scaler_})));
  SC_RETURN_IF_ERROR(context_.WriteOutput("history", ToJson(history)));
  SC_RETURN_IF_ERROR(context_.WriteOutput("history_table", ToCsv(history)));
  context_.SetMetric("epochs", static_cast<double>(trainer.epochs_done()));
  context_.SetMetric("loss", history.losses.back());
  if (!history.validation_losses.empty()) {
    context_.SetMetric("validation_loss", history.validation_losses.back());
  }
  context_.SetMetric("rmse_train", history.outcome().rmse_train);
  context_.SetMetric("rmse_test", history.outcome().rmse_test);
  return absl::OkStatus();
}

void TrainExecution::Report(const Trainer& trainer, absl::string_view message) {
  reported_fraction_ = Fraction(trainer);
  const absl::Duration now = clock_.Elapsed();
  const bool due = now - report_time_ >= spacing_.reports;
  if (!due && message.empty() && !trainer.done()) return;
  report_time_ = now;
  v1::Progress progress;
  progress.set_fraction(reported_fraction_);
  progress.set_units_done(trainer.epochs_done());
  progress.set_units_total(options_.epochs);
  progress.set_unit("epoch");
  progress.set_message(std::string(message));
  auto& metrics = *progress.mutable_metrics();
  const TrainingHistory& history = trainer.history();
  if (!history.losses.empty()) metrics["loss"] = history.losses.back();
  if (!history.validation_losses.empty()) {
    metrics["validation_loss"] = history.validation_losses.back();
  }
  if (!history.evaluations.empty()) {
    metrics["rmse_train"] = history.outcome().rmse_train;
    metrics["rmse_test"] = history.outcome().rmse_test;
  }
  context_.ReportProgress(progress);
}

double TrainExecution::Fraction(const Trainer& trainer) const {
  if (trainer.done()) return 1;  // also by early stopping
  return static_cast<double>(trainer.batches_done()) /
         (static_cast<double>(batches_per_epoch_) * options_.epochs);
}

}  // namespace stagecoach
