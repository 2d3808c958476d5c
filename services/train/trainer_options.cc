#include "services/train/trainer_options.h"

#include <ATen/Context.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace stagecoach {

absl::StatusOr<TrainingData> TakeValidation(TrainingData data, double share) {
  const int64_t count = data.x_train.size(0);
  const auto validation =
      static_cast<int64_t>(share * static_cast<double>(count));
  const int64_t train = count - validation;
  if (validation < 1 || train < 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("validation_share ", share, " of ", count,
                     " training windows leaves ", train, " to train on and ",
                     validation, " for validation; each needs at least 1"));
  }
  data.x_validation = data.x_train.narrow(0, train, validation);
  data.y_validation = data.y_train.narrow(0, train, validation);
  data.x_train = data.x_train.narrow(0, 0, train);
  data.y_train = data.y_train.narrow(0, 0, train);
  return data;
}

absl::StatusOr<at::Device> FindDevice(absl::string_view name) {
  if (name == "cpu") return at::Device(at::kCPU);
  if (at::hasCUDA()) return at::Device(at::kCUDA);
  if (name == "auto") return at::Device(at::kCPU);
  return absl::FailedPreconditionError(
      "parameter 'device' is cuda, but this replica has no CUDA device, or a "
      "libtorch without CUDA; set it to auto or cpu");
}

}  // namespace stagecoach
