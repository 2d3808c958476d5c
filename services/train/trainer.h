// Trains a model on the mean squared error, over shuffled batches.
//
// Each epoch draws one permutation of the training windows from the trainer's
// own generator, gathers the windows once in that order, and takes batches as
// views of them. Everything random comes from `seed`, so that equal options
// and data give equal weights, bit for bit, on one machine, whatever else the
// process does at the same time.

#ifndef SERVICES_TRAIN_TRAINER_H_
#define SERVICES_TRAIN_TRAINER_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/model/model.h"
#include "services/common/tensor/tensor_artifacts.h"
#include "services/train/early_stopping.h"
#include "services/train/history.h"
#include "services/train/optimizer.h"
#include "services/train/schedule.h"
#include "services/train/trainer_options.h"

namespace stagecoach {

// The whole state between two batches, as it is kept in a checkpoint.
struct TrainerState {
  std::vector<NamedTensor> tensors;
  SafetensorsMetadata metadata;
};

// Threads: one at a time; several trainers may work at once. Errors:
// libtorch's exceptions pass through.
class Trainer {
 public:
  // The options must name what there is. `data` must fit together: equal
  // numbers of windows and targets, equal lookback, features and horizon; with
  // early stopping there must be validation windows.
  Trainer(const TrainerOptions& options, TrainingData data);

  // Goes on from the state that SaveState wrote, so that the end is the same
  // as without interruption, bit for bit. FAILED_PRECONDITION: it is of other
  // options or data, or incomplete; the trainer is then as it was.
  absl::Status RestoreState(const SafetensorsView& state);
  // The state as of now; the tensors are copies.
  TrainerState SaveState() const;

  // Trains to the end of the present epoch and evaluates the model if it is
  // due. `cancelled` is asked before every batch.
  //
  // CANCELLED: so it said; the state is whole, between two batches.
  // FAILED_PRECONDITION: a loss is no longer a finite number; the message has
  //   the epoch.
  absl::Status FinishEpoch(absl::FunctionRef<bool()> cancelled);

  // Epochs trained to their end.
  int64_t epochs_done() const { return epoch_; }
  // Windows trained on in all, and batches.
  int64_t windows_done() const { return epoch_ * data_.x_train.size(0) + row_; }
  int64_t batches_done() const { return optimizer_->steps(); }
  // Whether the last epoch is done, or early stopping has made it so.
  bool done() const { return epoch_ > 0 && IsLast(epoch_ - 1, stopping_); }
  const TrainingHistory& history() const { return history_; }
  // The model as it is, but when the training is done, that of the epoch whose
  // weights are kept.
  const Model& model() const {
    return done() && stops_early() ? *best_ : model_;
  }

 private:
  struct Restored;

  void StartEpoch();
  void TrainBatch();
  void TakeStep(const std::vector<at::Tensor>& gradients);
  absl::Status EndEpoch(absl::FunctionRef<bool()> cancelled);
  absl::StatusOr<Evaluation> Evaluate(
      const Model& model, int64_t epoch,
      absl::FunctionRef<bool()> cancelled) const;
  bool IsLast(int64_t epoch, const EarlyStopping& stopping) const;
  bool validates() const { return data_.x_validation.defined(); }
  bool stops_early() const { return options_.early_stopping > 0; }
  double LearningRateNow() const;
  absl::Status CheckFinite(absl::string_view name, double value) const;

  // What a state must share with this trainer to be its own.
  SafetensorsMetadata Identity() const;
  absl::StatusOr<Restored> ReadCounters(const SafetensorsView& state) const;
  absl::Status ReadParameters(const SafetensorsView& state,
                              Restored& restored) const;
  absl::Status ReadHistory(const SafetensorsView& state,
                           Restored& restored) const;
  absl::StatusOr<Restored> Read(const SafetensorsView& state) const;

  const TrainerOptions options_;
  const TrainingData data_;
  at::Generator generator_;
  Model model_;
  const std::unique_ptr<Optimizer> optimizer_;
  const Dropout dropout_;                     // draws from generator_
  const std::unique_ptr<TrainingStep> step_;  // null: by autograd
  // A copy of the best model so far; null without early stopping.
  const std::unique_ptr<Model> best_;
  EarlyStopping stopping_;
  PlateauState plateau_;
  TrainingHistory history_;

  int64_t epoch_ = 0;  // epochs done
  // Of the present epoch:
  bool in_epoch_ = false;       // whether its order has been drawn
  int64_t row_ = 0;             // windows done
  at::Tensor generator_state_;  // before its order was drawn
  at::Tensor loss_sum_;         // squared errors of the windows done
  at::Tensor x_;                // windows in its order
  at::Tensor y_;                // targets in its order
};

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_TRAINER_H_
