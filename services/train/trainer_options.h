// How a model is trained, and on what.

#ifndef SERVICES_TRAIN_TRAINER_OPTIONS_H_
#define SERVICES_TRAIN_TRAINER_OPTIONS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/scaling/scaler.h"
#include "services/train/optimizer.h"
#include "services/train/schedule.h"

namespace stagecoach {

struct TrainerOptions {
  std::string model = "lstm";   // one of ModelKinds()
  int64_t hidden_size = 50;     // units in a hidden layer, >= 1
  int64_t layers = 1;           // hidden layers, >= 1
  double dropout = 0;           // after each, 0 <= p < 1
  int64_t epochs = 100;         // passes over the training windows, >= 1
  int64_t batch_size = 8;       // windows for each step, >= 1
  double learning_rate = 1e-3;  // at the start, > 0
  OptimizerOptions optimizer = {};
  ScheduleOptions schedule = {};     // of the learning rate
  double gradient_clip = 0;          // largest 2-norm of a gradient; 0: any
  int64_t early_stopping = 0;        // epochs without a smaller validation
                                     // loss that end the training; 0: never
  int64_t seed = 0;                  // of all that is random, >= 0
  int64_t evaluation_interval = 10;  // epochs from one evaluation to the next,
                                     // >= 1; the last is always evaluated
  at::Device device = at::kCPU;      // where it is computed
};

// Windows and targets, F32.
struct TrainingData {
  at::Tensor x_train;  // [n, lookback, features]
  at::Tensor y_train;  // [n, horizon]
  at::Tensor x_test;   // [m, lookback, features]
  at::Tensor y_test;   // [m, horizon]
  // Those that validate; undefined: there are none.
  at::Tensor x_validation;
  at::Tensor y_validation;
  // How the targets were scaled: RMSEs are in the units before.
  ColumnScaling target;
};

// Takes the last floor(share * n) windows of train for validation, 0 < share
// < 1. FAILED_PRECONDITION if that leaves either part without a window.
absl::StatusOr<TrainingData> TakeValidation(TrainingData data, double share);

// The device that `auto`, `cpu` or `cuda` stands for here; auto is CUDA where
// there is one. FAILED_PRECONDITION: cuda, and there is none.
absl::StatusOr<at::Device> FindDevice(absl::string_view name);

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_TRAINER_OPTIONS_H_
