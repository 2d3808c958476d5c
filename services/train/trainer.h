// Trains a model: Adam on the mean squared error, over shuffled batches.
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
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/model/lstm_model.h"
#include "services/common/tensor/tensor_artifacts.h"
#include "services/train/adam.h"
#include "services/train/history.h"

namespace stagecoach {

struct TrainerOptions {
  int64_t hidden_size = 50;          // units in an LSTM layer, >= 1
  int64_t layers = 1;                // LSTM layers, >= 1
  int64_t epochs = 100;              // passes over the training windows, >= 1
  int64_t batch_size = 8;            // windows for each step of Adam, >= 1
  double learning_rate = 1e-3;       // of Adam, > 0
  int64_t seed = 0;                  // of all that is random, >= 0
  int64_t evaluation_interval = 10;  // epochs from one evaluation to the next,
                                     // >= 1; the last is always evaluated
};

// Windows and targets, F32.
struct TrainingData {
  at::Tensor x_train;  // [n, lookback, features]
  at::Tensor y_train;  // [n, 1]
  at::Tensor x_test;   // [m, lookback, features]
  at::Tensor y_test;   // [m, 1]
};

// The whole state between two batches, as it is kept in a checkpoint.
struct TrainerState {
  std::vector<NamedTensor> tensors;
  SafetensorsMetadata metadata;
};

// Threads: one at a time; several trainers may work at once. Errors:
// libtorch's exceptions pass through.
class Trainer {
 public:
  // `data` must fit together: equal numbers of windows and targets, equal
  // lookback and features.
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
  // FAILED_PRECONDITION: the loss is no longer a finite number; the message
  //   has the epoch.
  absl::Status FinishEpoch(absl::FunctionRef<bool()> cancelled);

  // Epochs trained to their end.
  int64_t epochs_done() const { return epoch_; }
  // Windows trained on in all, and batches.
  int64_t windows_done() const { return epoch_ * data_.x_train.size(0) + row_; }
  int64_t batches_done() const { return adam_.steps(); }
  bool done() const { return epoch_ == options_.epochs; }
  const TrainingHistory& history() const { return history_; }
  const LstmModel& model() const { return model_; }

 private:
  struct Restored;

  void StartEpoch();
  void TrainBatch();
  absl::Status EndEpoch(absl::FunctionRef<bool()> cancelled);
  bool EvaluationIsDue() const;
  absl::Status CheckFinite(absl::string_view name, double value) const;

  // What a state must share with this trainer to be its own.
  SafetensorsMetadata Identity() const;
  absl::StatusOr<Restored> ReadCounters(const SafetensorsView& state) const;
  absl::StatusOr<Restored> Read(const SafetensorsView& state) const;

  const TrainerOptions options_;
  const TrainingData data_;
  at::Generator generator_;
  LstmModel model_;
  std::vector<at::Tensor> parameters_;  // of model_
  Adam adam_;
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
