// How a trainer's state is kept in a checkpoint.
//
//   model.<parameter>               as in the weights
//   best.<parameter>                with early stopping: those of the best
//   epoch optimizer.<slot>.<parameter>    e.g. moments of the gradient
//   generator                       state at the start of the present epoch
//   generator_now                   after what it has drawn since
//   loss_sum                        squared errors of the present epoch so far
//   best_losses                     [2]: of early stopping, of the plateau
//   history.losses                  [epochs done]
//   history.learning_rates          [epochs done]
//   history.validation_losses       [epochs done], or [0] without validation
//   history.evaluations             [count, 3]: epoch, rmse_train, rmse_test
//   history.kept                    [1, 3] at the end of early stopping, or
//                                   [0, 3]
//
// The metadata holds the counters, and the options and sizes of the data, by
// which a state of another training is recognised.

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
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

absl::StatusOr<std::vector<Evaluation>> ReadEvaluations(
    const SafetensorsView& state, const std::string& name, int64_t maximum) {
  SC_ASSIGN_OR_RETURN(const int64_t count,
                      FindCounter(state.metadata(), name, maximum));
  SC_ASSIGN_OR_RETURN(const at::Tensor table,
                      FindTensor(state, absl::StrCat("history.", name),
                                 Dtype::kF64, {count, 3}));
  const auto* values = table.const_data_ptr<double>();
  std::vector<Evaluation> evaluations(count);
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
  std::vector<at::Tensor> best;  // none without early stopping
  std::vector<std::vector<at::Tensor>> slots;
  at::Tensor generator;
  at::Tensor generator_now;
  at::Tensor loss_sum;
  EarlyStopping stopping;
  PlateauState plateau;
  TrainingHistory history;
};

SafetensorsMetadata Trainer::Identity() const {
  const auto number = [](double value) {
    return absl::StrFormat("%.17g", value);
  };
  const auto shape = [](const at::Tensor& tensor) {
    return tensor.defined() ? ShapeText(tensor.sizes()) : "none";
  };
  return {
      {"format", "stagecoach-train-checkpoint-2"},
      {"model", options_.model},
      {"hidden_size", absl::StrCat(options_.hidden_size)},
      {"layers", absl::StrCat(options_.layers)},
      {"dropout", number(options_.dropout)},
      {"epochs", absl::StrCat(options_.epochs)},
      {"batch_size", absl::StrCat(options_.batch_size)},
      {"learning_rate", number(options_.learning_rate)},
      {"optimizer", options_.optimizer.name},
      {"momentum", number(options_.optimizer.momentum)},
      {"weight_decay", number(options_.optimizer.weight_decay)},
      {"schedule", options_.schedule.name},
      {"schedule_epochs", absl::StrCat(options_.schedule.epochs)},
      {"schedule_factor", number(options_.schedule.factor)},
      {"gradient_clip", number(options_.gradient_clip)},
      {"early_stopping", absl::StrCat(options_.early_stopping)},
      {"seed", absl::StrCat(options_.seed)},
      {"evaluation_interval", absl::StrCat(options_.evaluation_interval)},
      {"x_train", shape(data_.x_train)},
      {"y_train", shape(data_.y_train)},
      {"x_test", shape(data_.x_test)},
      {"x_validation", shape(data_.x_validation)},
  };
}

TrainerState Trainer::SaveState() const {
  const c10::NoGradGuard no_grad;
  TrainerState state;
  const auto add = [&state](std::string name, const at::Tensor& tensor) {
    // Always a copy, and where files are written from.
    state.tensors.push_back(
        {std::move(name),
         tensor.detach().to(at::kCPU, tensor.scalar_type(),
                            /*non_blocking=*/false, /*copy=*/true)});
  };
  for (size_t i = 0; i < model_.parameters().size(); ++i) {
    const std::string& name = model_.parameters()[i].name;
    add("model." + name, model_.tensors()[i]);
    if (stops_early()) add("best." + name, best_->tensors()[i]);
    for (const OptimizerSlot& slot : optimizer_->slots()) {
      add(absl::StrCat("optimizer.", slot.name, ".", name), slot.tensors[i]);
    }
  }
  add("generator", in_epoch_ ? generator_state_ : generator_.get_state());
  add("generator_now", generator_.get_state());
  add("loss_sum", in_epoch_ ? loss_sum_ : at::zeros({}, at::kDouble));
  add("best_losses",
      at::tensor({stopping_.best_loss, plateau_.best}, at::kDouble));
  add("history.losses", at::tensor(history_.losses, at::kDouble));
  add("history.learning_rates",
      at::tensor(history_.learning_rates, at::kDouble));
  add("history.validation_losses",
      at::tensor(history_.validation_losses, at::kDouble));
  add("history.evaluations", ToTensor(history_.evaluations));
  std::vector<Evaluation> kept;
  if (history_.kept.has_value()) kept.push_back(*history_.kept);
  add("history.kept", ToTensor(kept));
  state.metadata = Identity();
  const auto count = [&state](const char* key, int64_t value) {
    state.metadata[key] = absl::StrCat(value);
  };
  count("epoch", epoch_);
  count("row", row_);
  count("steps", optimizer_->steps());
  count("best_epoch", stopping_.best_epoch);
  count("bad_epochs", plateau_.bad_epochs);
  count("reductions", plateau_.reductions);
  count("evaluations", std::ssize(history_.evaluations));
  count("kept", std::ssize(kept));
  return state;
}

absl::StatusOr<Trainer::Restored> Trainer::ReadCounters(
    const SafetensorsView& state) const {
  const SafetensorsMetadata& metadata = state.metadata();
  SC_RETURN_IF_ERROR(CheckIdentity(metadata, Identity()));
  Restored restored;
  SC_ASSIGN_OR_RETURN(restored.epoch,
                      FindCounter(metadata, "epoch", options_.epochs));
  SC_ASSIGN_OR_RETURN(restored.row,
                      FindCounter(metadata, "row", data_.x_train.size(0)));
  SC_ASSIGN_OR_RETURN(
      restored.steps,
      FindCounter(metadata, "steps", std::numeric_limits<int64_t>::max()));
  SC_ASSIGN_OR_RETURN(restored.stopping.best_epoch,
                      FindCounter(metadata, "best_epoch", restored.epoch));
  SC_ASSIGN_OR_RETURN(restored.plateau.bad_epochs,
                      FindCounter(metadata, "bad_epochs", restored.epoch));
  SC_ASSIGN_OR_RETURN(restored.plateau.reductions,
                      FindCounter(metadata, "reductions", restored.epoch));
  return restored;
}

absl::Status Trainer::ReadParameters(const SafetensorsView& state,
                                     Restored& restored) const {
  restored.slots.resize(optimizer_->slots().size());
  for (const NamedTensor& parameter : model_.parameters()) {
    const auto find = [&](absl::string_view prefix) {
      return FindTensor(state, absl::StrCat(prefix, parameter.name),
                        Dtype::kF32, parameter.tensor.sizes());
    };
    SC_ASSIGN_OR_RETURN(restored.parameters.emplace_back(), find("model."));
    if (stops_early()) {
      SC_ASSIGN_OR_RETURN(restored.best.emplace_back(), find("best."));
    }
    for (size_t i = 0; i < restored.slots.size(); ++i) {
      SC_ASSIGN_OR_RETURN(
          restored.slots[i].emplace_back(),
          find(absl::StrCat("optimizer.", optimizer_->slots()[i].name, ".")));
    }
  }
  return absl::OkStatus();
}

absl::Status Trainer::ReadHistory(const SafetensorsView& state,
                                  Restored& restored) const {
  const auto find = [&state](
                        const std::string& name,
                        int64_t count) -> absl::StatusOr<std::vector<double>> {
    SC_ASSIGN_OR_RETURN(const at::Tensor tensor,
                        FindTensor(state, absl::StrCat("history.", name),
                                   Dtype::kF64, {count}));
    const auto* const values = tensor.const_data_ptr<double>();
    return std::vector<double>(values, values + count);
  };
  TrainingHistory& history = restored.history;
  SC_ASSIGN_OR_RETURN(history.losses, find("losses", restored.epoch));
  SC_ASSIGN_OR_RETURN(history.learning_rates,
                      find("learning_rates", restored.epoch));
  SC_ASSIGN_OR_RETURN(
      history.validation_losses,
      find("validation_losses", validates() ? restored.epoch : 0));
  SC_ASSIGN_OR_RETURN(history.evaluations,
                      ReadEvaluations(state, "evaluations", restored.epoch));
  SC_ASSIGN_OR_RETURN(const std::vector<Evaluation> kept,
                      ReadEvaluations(state, "kept", 1));
  if (!kept.empty()) history.kept = kept.front();
  return absl::OkStatus();
}

absl::StatusOr<Trainer::Restored> Trainer::Read(
    const SafetensorsView& state) const {
  SC_ASSIGN_OR_RETURN(Restored restored, ReadCounters(state));
  SC_RETURN_IF_ERROR(ReadParameters(state, restored));
  SC_RETURN_IF_ERROR(ReadHistory(state, restored));
  const std::vector<int64_t> generator = generator_.get_state().sizes().vec();
  SC_ASSIGN_OR_RETURN(restored.generator,
                      FindTensor(state, "generator", Dtype::kU8, generator));
  SC_ASSIGN_OR_RETURN(
      restored.generator_now,
      FindTensor(state, "generator_now", Dtype::kU8, generator));
  SC_ASSIGN_OR_RETURN(restored.loss_sum,
                      FindTensor(state, "loss_sum", Dtype::kF64, {}));
  SC_ASSIGN_OR_RETURN(const at::Tensor best,
                      FindTensor(state, "best_losses", Dtype::kF64, {2}));
  restored.stopping.best_loss = best.const_data_ptr<double>()[0];
  restored.plateau.best = best.const_data_ptr<double>()[1];
  return restored;
}

absl::Status Trainer::RestoreState(const SafetensorsView& state) {
  const c10::NoGradGuard no_grad;
  SC_ASSIGN_OR_RETURN(Restored restored, Read(state));
  for (size_t i = 0; i < model_.tensors().size(); ++i) {
    model_.tensors()[i].copy_(restored.parameters[i]);
    if (stops_early()) best_->tensors()[i].copy_(restored.best[i]);
    for (size_t slot = 0; slot < restored.slots.size(); ++slot) {
      optimizer_->slots()[slot].tensors[i].copy_(restored.slots[slot][i]);
    }
  }
  optimizer_->set_steps(restored.steps);
  generator_.set_state(restored.generator);
  epoch_ = restored.epoch;
  row_ = restored.row;
  stopping_ = restored.stopping;
  plateau_ = restored.plateau;
  history_ = std::move(restored.history);
  in_epoch_ = false;
  if (row_ > 0) {
    StartEpoch();
    generator_.set_state(restored.generator_now);
    loss_sum_.copy_(restored.loss_sum);
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
