#include "services/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/train/evaluation.h"

namespace stagecoach {
namespace {

LstmShape ShapeFor(const TrainerOptions& options, const TrainingData& data) {
  LstmShape shape;
  shape.input_size = data.x_train.size(2);
  shape.hidden_size = options.hidden_size;
  shape.layers = options.layers;
  shape.output_size = data.y_train.size(1);
  return shape;
}

AdamOptions AdamOptionsFor(const TrainerOptions& options) {
  AdamOptions adam;
  adam.learning_rate = options.learning_rate;
  return adam;
}

std::vector<at::Tensor> TrainableParameters(const LstmModel& model) {
  std::vector<at::Tensor> parameters;
  for (const NamedTensor& parameter : model.parameters()) {
    parameters.push_back(parameter.tensor);
    parameters.back().requires_grad_(true);
  }
  return parameters;
}

}  // namespace

Trainer::Trainer(const TrainerOptions& options, TrainingData data)
    : options_(options),
      data_(std::move(data)),
      generator_(at::make_generator<at::CPUGeneratorImpl>(options.seed)),
      model_(LstmModel::Create(ShapeFor(options, data_), generator_)),
      parameters_(TrainableParameters(model_)),
      adam_(AdamOptionsFor(options), parameters_) {}

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
      at::randperm(data_.x_train.size(0), generator_, at::kLong);
  x_ = data_.x_train.index_select(0, order);
  y_ = data_.y_train.index_select(0, order);
  loss_sum_ = at::zeros({}, at::kDouble);
  in_epoch_ = true;
}

void Trainer::TrainBatch() {
  const int64_t rows =
      std::min(options_.batch_size, data_.x_train.size(0) - row_);
  const at::Tensor loss = at::mse_loss(model_.Forward(x_.narrow(0, row_, rows)),
                                       y_.narrow(0, row_, rows));
  adam_.Step(torch::autograd::grad({loss}, parameters_));
  // Not read here: on other devices that would wait for the batch.
  loss_sum_.add_(loss.detach(), rows);
  row_ += rows;
}

absl::Status Trainer::EndEpoch(absl::FunctionRef<bool()> cancelled) {
  const double loss = loss_sum_.item<double>() / row_;
  SC_RETURN_IF_ERROR(CheckFinite("loss", loss));
  if (EvaluationIsDue()) {
    Evaluation evaluation;
    evaluation.epoch = epoch_;
    SC_ASSIGN_OR_RETURN(
        evaluation.rmse_train,
        RootMeanSquaredError(model_, data_.x_train, data_.y_train, cancelled));
    SC_ASSIGN_OR_RETURN(
        evaluation.rmse_test,
        RootMeanSquaredError(model_, data_.x_test, data_.y_test, cancelled));
    SC_RETURN_IF_ERROR(CheckFinite("rmse_train", evaluation.rmse_train));
    SC_RETURN_IF_ERROR(CheckFinite("rmse_test", evaluation.rmse_test));
    history_.evaluations.push_back(evaluation);
  }
  history_.losses.push_back(loss);
  ++epoch_;
  row_ = 0;
  in_epoch_ = false;
  return absl::OkStatus();
}

bool Trainer::EvaluationIsDue() const {
  return epoch_ % options_.evaluation_interval == 0 ||
         epoch_ + 1 == options_.epochs;
}

absl::Status Trainer::CheckFinite(absl::string_view name, double value) const {
  if (std::isfinite(value)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      name, " became ", value, " in epoch ", epoch_, " (counted from 0) with ",
      "learning_rate ", options_.learning_rate,
      "; lower it, or look for extreme values in the training data"));
}

}  // namespace stagecoach
