// How a trainer's state is kept in a checkpoint.
//
//   model.<parameter>         as in the weights
//   adam.first.<parameter>    moments of the gradient
//   adam.second.<parameter>
//   generator                 state at the start of the present epoch
//   loss_sum                  squared errors of the present epoch so far
//   history.losses            [epochs done]
//   history.evaluations       [count, 3]: epoch, rmse_train, rmse_test
//
// The metadata holds the counters, and the options and sizes of the data, by
// which a state of another training is recognised.

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/common/base/status_macros.h"
#include "services/train/trainer.h"

namespace stagecoach {
namespace {

absl::StatusOr<int64_t> FindCounter(const SafetensorsMetadata& metadata,
                                    const std::string& key, int64_t maximum) {
  const auto found = metadata.find(key);
  int64_t value = 0;
  if (found != metadata.end() && absl::SimpleAtoi(found->second, &value) &&
      value >= 0 && value <= maximum) {
    return value;
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the checkpoint's '", key, "' is missing or not within 0 to ", maximum));
}

absl::Status CheckIdentity(const SafetensorsMetadata& metadata,
                           const SafetensorsMetadata& expected) {
  for (const auto& [key, value] : expected) {
    const auto found = metadata.find(key);
    if (found != metadata.end() && found->second == value) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "the checkpoint is of another training: ", key, " is ",
        found == metadata.end() ? "missing" : found->second, ", here ", value));
  }
  return absl::OkStatus();
}

// [count, 3] of whole epochs and values; epochs are exact as doubles.
at::Tensor ToTensor(const std::vector<Evaluation>& evaluations) {
  const auto count = static_cast<int64_t>(evaluations.size());
  at::Tensor table = at::empty({count, 3}, at::kDouble);
  auto* values = table.mutable_data_ptr<double>();
  for (const Evaluation& evaluation : evaluations) {
    *values++ = static_cast<double>(evaluation.epoch);
    *values++ = evaluation.rmse_train;
    *values++ = evaluation.rmse_test;
  }
  return table;
}

std::vector<Evaluation> ToEvaluations(const at::Tensor& table) {
  const auto* values = table.const_data_ptr<double>();
  std::vector<Evaluation> evaluations(table.size(0));
  for (Evaluation& evaluation : evaluations) {
    evaluation.epoch = static_cast<int64_t>(*values++);
    evaluation.rmse_train = *values++;
    evaluation.rmse_test = *values++;
  }
  return evaluations;
}

}  // namespace

// What a checkpoint holds, read and checked before anything is changed.
struct Trainer::Restored {
  int64_t epoch = 0;
  int64_t row = 0;
  int64_t steps = 0;
  std::vector<at::Tensor> parameters;
  std::vector<at::Tensor> first_moments;
  std::vector<at::Tensor> second_moments;
  at::Tensor generator;
  at::Tensor loss_sum;
  TrainingHistory history;
};

SafetensorsMetadata Trainer::Identity() const {
  return {
      {"format", "stagecoach-train-checkpoint-1"},
      {"hidden_size", absl::StrCat(options_.hidden_size)},
      {"layers", absl::StrCat(options_.layers)},
      {"batch_size", absl::StrCat(options_.batch_size)},
      {"learning_rate", absl::StrFormat("%.17g", options_.learning_rate)},
      {"seed", absl::StrCat(options_.seed)},
      {"evaluation_interval", absl::StrCat(options_.evaluation_interval)},
      {"x_train", ShapeText(data_.x_train.sizes())},
      {"x_test", ShapeText(data_.x_test.sizes())},
  };
}

TrainerState Trainer::SaveState() const {
  const c10::NoGradGuard no_grad;
  TrainerState state;
  const auto add = [&state](std::string name, const at::Tensor& tensor) {
    state.tensors.push_back({std::move(name), tensor.detach().clone()});
  };
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const std::string& name = model_.parameters()[i].name;
    add("model." + name, parameters_[i]);
    add("adam.first." + name, adam_.first_moments()[i]);
    add("adam.second." + name, adam_.second_moments()[i]);
  }
  add("generator", in_epoch_ ? generator_state_ : generator_.get_state());
  add("loss_sum", in_epoch_ ? loss_sum_ : at::zeros({}, at::kDouble));
  add("history.losses", at::tensor(history_.losses, at::kDouble));
  add("history.evaluations", ToTensor(history_.evaluations));
  state.metadata = Identity();
  state.metadata["epoch"] = absl::StrCat(epoch_);
  state.metadata["row"] = absl::StrCat(row_);
  state.metadata["steps"] = absl::StrCat(adam_.steps());
  state.metadata["evaluations"] = absl::StrCat(history_.evaluations.size());
  return state;
}

absl::StatusOr<Trainer::Restored> Trainer::ReadCounters(
    const SafetensorsView& state) const {
  SC_RETURN_IF_ERROR(CheckIdentity(state.metadata(), Identity()));
  Restored restored;
  SC_ASSIGN_OR_RETURN(restored.epoch,
                      FindCounter(state.metadata(), "epoch", options_.epochs));
  SC_ASSIGN_OR_RETURN(restored.row, FindCounter(state.metadata(), "row",
                                                data_.x_train.size(0)));
  SC_ASSIGN_OR_RETURN(restored.steps,
                      FindCounter(state.metadata(), "steps",
                                  std::numeric_limits<int64_t>::max()));
  return restored;
}

absl::StatusOr<Trainer::Restored> Trainer::Read(
    const SafetensorsView& state) const {
  SC_ASSIGN_OR_RETURN(Restored restored, ReadCounters(state));
  SC_ASSIGN_OR_RETURN(
      const int64_t evaluations,
      FindCounter(state.metadata(), "evaluations", restored.epoch));
  for (const NamedTensor& parameter : model_.parameters()) {
    const auto find = [&](absl::string_view prefix) {
      return FindTensor(state, absl::StrCat(prefix, parameter.name),
                        Dtype::kF32, parameter.tensor.sizes());
    };
    SC_ASSIGN_OR_RETURN(restored.parameters.emplace_back(), find("model."));
    SC_ASSIGN_OR_RETURN(restored.first_moments.emplace_back(),
                        find("adam.first."));
    SC_ASSIGN_OR_RETURN(restored.second_moments.emplace_back(),
                        find("adam.second."));
  }
  SC_ASSIGN_OR_RETURN(restored.generator,
                      FindTensor(state, "generator", Dtype::kU8,
                                 generator_.get_state().sizes()));
  SC_ASSIGN_OR_RETURN(restored.loss_sum,
                      FindTensor(state, "loss_sum", Dtype::kF64, {}));
  SC_ASSIGN_OR_RETURN(
      const at::Tensor losses,
      FindTensor(state, "history.losses", Dtype::kF64, {restored.epoch}));
  SC_ASSIGN_OR_RETURN(
      const at::Tensor table,
      FindTensor(state, "history.evaluations", Dtype::kF64, {evaluations, 3}));
  const auto* loss = losses.const_data_ptr<double>();
  restored.history.losses.assign(loss, loss + restored.epoch);
  restored.history.evaluations = ToEvaluations(table);
  return restored;
}

absl::Status Trainer::RestoreState(const SafetensorsView& state) {
  const c10::NoGradGuard no_grad;
  SC_ASSIGN_OR_RETURN(Restored restored, Read(state));
  for (size_t i = 0; i < parameters_.size(); ++i) {
    parameters_[i].copy_(restored.parameters[i]);
    adam_.first_moments()[i].copy_(restored.first_moments[i]);
    adam_.second_moments()[i].copy_(restored.second_moments[i]);
  }
  adam_.set_steps(restored.steps);
  generator_.set_state(restored.generator);
  epoch_ = restored.epoch;
  row_ = restored.row;
  history_ = std::move(restored.history);
  in_epoch_ = false;
  if (row_ > 0) {
    StartEpoch();
    loss_sum_.copy_(restored.loss_sum);
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
