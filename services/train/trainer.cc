#include "services/train/trainer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/train/evaluation.h"
#include "services/train/gradient_clip.h"

namespace stagecoach {
namespace {

ModelShape ShapeFor(const TrainerOptions& options, const TrainingData& data) {
  ModelShape shape;
  shape.input_size = data.x_train.size(2);
  shape.hidden_size = options.hidden_size;
  shape.layers = options.layers;
  shape.output_size = data.y_train.size(1);
  shape.lookback = data.x_train.size(1);
  return shape;
}

Model NewModel(const TrainerOptions& options, const TrainingData& data,
               at::Generator& generator) {
  const absl::StatusOr<const ModelKind*> kind = FindModelKind(options.model);
  TORCH_CHECK(kind.ok(), kind.status().ToString());
  Model model = Model::Create(**kind, ShapeFor(options, data), generator);
  if (!options.device.is_cpu()) model = model.CopyTo(options.device);
  for (const at::Tensor& parameter : model.tensors()) {
    parameter.requires_grad_(true);
  }
  return model;
}

TrainingData MovedTo(at::Device device, TrainingData data) {
  for (at::Tensor* const tensor :
       {&data.x_train, &data.y_train, &data.x_test, &data.y_test,
        &data.x_validation, &data.y_validation}) {
    if (tensor->defined()) *tensor = tensor->to(device);
  }
  return data;
}

}  // namespace

Trainer::Trainer(const TrainerOptions& options, TrainingData data)
    : options_(options),
      data_(MovedTo(options.device, std::move(data))),
      generator_(at::make_generator<at::CPUGeneratorImpl>(options.seed)),
      model_(NewModel(options, data_, generator_)),
      optimizer_(MakeOptimizer(options.optimizer, model_.tensors())),
      dropout_(options.dropout, generator_),
      step_(options.dropout > 0
                ? nullptr
                : model_.MakeTrainingStep(
                      std::min(options.batch_size, data_.x_train.size(0)))),
      best_(stops_early()
                ? std::make_unique<Model>(model_.CopyTo(options.device))
                : nullptr) {}

absl::Status Trainer::FinishEpoch(absl::FunctionRef<bool()> cancelled) {
  if (!in_epoch_) StartEpoch();
  while (row_ < data_.x_train.size(0)) {
    if (cancelled()) return absl::CancelledError("cancelled in training");
    TrainBatch();
  }
  return EndEpoch(cancelled);
}

void Trainer::StartEpoch() {
  const c10::NoGradGuard no_grad;
  generator_state_ = generator_.get_state();
  const at::Tensor order =
      at::randperm(data_.x_train.size(0), generator_, at::kLong)
          .to(options_.device);
  x_ = data_.x_train.index_select(0, order);
  y_ = data_.y_train.index_select(0, order);
  loss_sum_ = at::zeros({}, y_.options().dtype(at::kDouble));
  in_epoch_ = true;
}

void Trainer::TrainBatch() {
  const int64_t rows =
      std::min(options_.batch_size, data_.x_train.size(0) - row_);
  const at::Tensor x = x_.narrow(0, row_, rows);
  const at::Tensor y = y_.narrow(0, row_, rows);
  if (step_ != nullptr) {
    const double loss = step_->LossAndGradients(x, y);
    TakeStep(step_->gradients());
    *loss_sum_.mutable_data_ptr<double>() += loss * static_cast<double>(rows);
  } else {
    const at::Tensor loss = at::mse_loss(model_.Forward(x, dropout_), y);
    TakeStep(torch::autograd::grad({loss}, model_.tensors()));
    // Not read here: on other devices that would wait for the batch.
    loss_sum_.add_(loss.detach(), rows);
  }
  row_ += rows;
}

void Trainer::TakeStep(const std::vector<at::Tensor>& gradients) {
  if (options_.gradient_clip > 0) {
    optimizer_->Step(ClipGradients(gradients, options_.gradient_clip),
                     LearningRateNow());
  } else {
    optimizer_->Step(gradients, LearningRateNow());
  }
}

// Nothing changes before all that can end it has been done.
absl::Status Trainer::EndEpoch(absl::FunctionRef<bool()> cancelled) {
  const double loss = loss_sum_.item<double>() / row_;
  SC_RETURN_IF_ERROR(CheckFinite("loss", loss));
  double monitored = loss;
  if (validates()) {
    SC_ASSIGN_OR_RETURN(
        monitored,
        MeanSquaredError(model_, data_.x_validation, data_.y_validation,
                         ColumnScaling(), cancelled));
    SC_RETURN_IF_ERROR(CheckFinite("validation_loss", monitored));
  }
  EarlyStopping stopping = stopping_;
  if (stops_early()) stopping = stopping.AfterEpoch(epoch_, monitored);
  const bool is_best = stops_early() && stopping.best_epoch == epoch_;
  const bool is_last = IsLast(epoch_, stopping);
  std::optional<Evaluation> now;
  if (is_last || epoch_ % options_.evaluation_interval == 0) {
    SC_ASSIGN_OR_RETURN(now, Evaluate(model_, epoch_, cancelled));
  }
  std::optional<Evaluation> kept;
  if (is_last && stops_early()) {
    SC_ASSIGN_OR_RETURN(kept, Evaluate(is_best ? model_ : *best_,
                                       stopping.best_epoch, cancelled));
  }

  if (now.has_value()) history_.evaluations.push_back(*now);
  history_.kept = kept;
  history_.losses.push_back(loss);
  history_.learning_rates.push_back(LearningRateNow());
  if (validates()) history_.validation_losses.push_back(monitored);
  if (is_best) best_->CopyFrom(model_);
  stopping_ = stopping;
  if (options_.schedule.name == "plateau") {
    plateau_ = AfterEpoch(options_.schedule, plateau_, monitored);
  }
  ++epoch_;
  row_ = 0;
  in_epoch_ = false;
  return absl::OkStatus();
}

absl::StatusOr<Evaluation> Trainer::Evaluate(
    const Model& model, int64_t epoch,
    absl::FunctionRef<bool()> cancelled) const {
  Evaluation evaluation;
  evaluation.epoch = epoch;
  SC_ASSIGN_OR_RETURN(const double train,
                      MeanSquaredError(model, data_.x_train, data_.y_train,
                                       data_.target, cancelled));
  SC_ASSIGN_OR_RETURN(const double test,
                      MeanSquaredError(model, data_.x_test, data_.y_test,
                                       data_.target, cancelled));
  evaluation.rmse_train = std::sqrt(train);
  evaluation.rmse_test = std::sqrt(test);
  SC_RETURN_IF_ERROR(CheckFinite("rmse_train", evaluation.rmse_train));
  SC_RETURN_IF_ERROR(CheckFinite("rmse_test", evaluation.rmse_test));
  return evaluation;
}

bool Trainer::IsLast(int64_t epoch, const EarlyStopping& stopping) const {
  return epoch + 1 == options_.epochs ||
         (stops_early() && stopping.StopsAfter(epoch, options_.early_stopping));
}

double Trainer::LearningRateNow() const {
  return LearningRate(options_.schedule, options_.learning_rate, epoch_,
                      options_.epochs, plateau_);
}

absl::Status Trainer::CheckFinite(absl::string_view name, double value) const {
  if (std::isfinite(value)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      name, " became ", value, " in epoch ", epoch_, " (counted from 0) with ",
      "learning_rate ", options_.learning_rate,
      "; lower it, or look for extreme values in the training data"));
}

}  // namespace stagecoach
