#include "services/train/train_execution.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/status_macros.h"
#include "services/common/model/weights_metadata.h"
#include "services/common/tensor/tensor_artifacts.h"

namespace stagecoach {
namespace {

// Within a long epoch, progress is reported in steps of this size.
constexpr double kReportedStep = 0.01;

TrainerOptions OptionsOf(const ExecutionContext& context) {
  TrainerOptions options;
  options.hidden_size = context.Integer("hidden_size");
  options.layers = context.Integer("layers");
  options.epochs = context.Integer("epochs");
  options.batch_size = context.Integer("batch_size");
  options.learning_rate = context.Number("learning_rate");
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

// The windows of train decide what the others must look like.
absl::StatusOr<TrainingData> OpenData(ExecutionContext& context) {
  TrainingData data;
  SC_ASSIGN_OR_RETURN(
      data.x_train,
      OpenTensor(context, "X_train", {kAnyLength, kAnyLength, kAnyLength}));
  SC_ASSIGN_OR_RETURN(
      data.y_train, OpenTensor(context, "y_train", {data.x_train.size(0), 1}));
  SC_ASSIGN_OR_RETURN(data.x_test, OpenTensor(context, "X_test",
                                              {kAnyLength, data.x_train.size(1),
                                               data.x_train.size(2)}));
  SC_ASSIGN_OR_RETURN(data.y_test,
                      OpenTensor(context, "y_test", {data.x_test.size(0), 1}));
  return data;
}

}  // namespace

TrainExecution::TrainExecution(ExecutionContext& context, Clock& clock,
                               TrainMetrics& metrics)
    : context_(context),
      clock_(clock),
      metrics_(metrics),
      options_(OptionsOf(context)),
      checkpoint_interval_(context.Integer("checkpoint_interval")) {}

absl::Status TrainExecution::Run() {
  SC_ASSIGN_OR_RETURN(TrainingData data, OpenData(context_));
  const int64_t windows = data.x_train.size(0);
  const int64_t lookback = data.x_train.size(1);
  batches_per_epoch_ =
      (windows + options_.batch_size - 1) / options_.batch_size;
  Trainer trainer(options_, std::move(data));
  SC_RETURN_IF_ERROR(Resume(trainer));
  const absl::Status trained = TrainEpochs(trainer);
  if (context_.cancelled() && checkpoint_interval_ > 0) {
    // The execution ends as stopped, whatever becomes of this; the metric
    // tells.
    SaveCheckpoint(trainer).IgnoreError();
  }
  SC_RETURN_IF_ERROR(trained);
  return WriteOutputs(trainer, lookback);
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
    const bool due = checkpoint_interval_ > 0 && !trainer.done() &&
                     trainer.epochs_done() % checkpoint_interval_ == 0;
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
  return absl::OkStatus();
}

absl::Status TrainExecution::SaveCheckpoint(const Trainer& trainer) {
  if (trainer.batches_done() == saved_batches_) return absl::OkStatus();
  const TrainerState state = trainer.SaveState();
  const absl::Status saved = context_.SaveCheckpoint(
      trainer.batches_done(), ViewsOf(state.tensors), state.metadata);
  (saved.ok() ? metrics_.checkpoints_saved : metrics_.checkpoints_failed)
      .Increment();
  if (saved.ok()) saved_batches_ = trainer.batches_done();
  return saved;
}

absl::Status TrainExecution::WriteOutputs(const Trainer& trainer,
                                          int64_t lookback) {
  const TrainingHistory& history = trainer.history();
  const ModelDescription model = {trainer.model().shape(), lookback};
  SC_RETURN_IF_ERROR(context_.WriteTensors(
      "weights", ViewsOf(trainer.model().parameters()), ToMetadata(model)));
  SC_RETURN_IF_ERROR(context_.WriteOutput("history", ToJson(history)));
  context_.SetMetric("loss", history.losses.back());
  context_.SetMetric("rmse_train", history.evaluations.back().rmse_train);
  context_.SetMetric("rmse_test", history.evaluations.back().rmse_test);
  return absl::OkStatus();
}

void TrainExecution::Report(const Trainer& trainer, absl::string_view message) {
  reported_fraction_ = Fraction(trainer);
  v1::Progress progress;
  progress.set_fraction(reported_fraction_);
  progress.set_units_done(trainer.epochs_done());
  progress.set_units_total(options_.epochs);
  progress.set_unit("epoch");
  progress.set_message(std::string(message));
  auto& metrics = *progress.mutable_metrics();
  const TrainingHistory& history = trainer.history();
  if (!history.losses.empty()) metrics["loss"] = history.losses.back();
  if (!history.evaluations.empty()) {
    metrics["rmse_train"] = history.evaluations.back().rmse_train;
    metrics["rmse_test"] = history.evaluations.back().rmse_test;
  }
  context_.ReportProgress(progress);
}

double TrainExecution::Fraction(const Trainer& trainer) const {
  return static_cast<double>(trainer.batches_done()) /
         (static_cast<double>(batches_per_epoch_) * options_.epochs);
}

}  // namespace stagecoach
