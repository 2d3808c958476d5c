// How far a model's forecasts are from the truth.

#ifndef SERVICES_TRAIN_EVALUATION_H_
#define SERVICES_TRAIN_EVALUATION_H_

#include <ATen/core/Tensor.h>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "services/common/model/lstm_model.h"

namespace stagecoach {

// Root of the mean squared error of the model over windows `x` [n, lookback,
// features], n >= 1, and targets `y` [n, 1]. Takes the windows in blocks, so
// that memory stays bounded, and asks `cancelled` before each.
//
// CANCELLED: so it said. Errors: libtorch's exceptions pass through.
absl::StatusOr<double> RootMeanSquaredError(
    const LstmModel& model, const at::Tensor& x, const at::Tensor& y,
    absl::FunctionRef<bool()> cancelled);

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_EVALUATION_H_
