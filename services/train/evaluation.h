// How far a model's forecasts are from the truth.

#ifndef SERVICES_TRAIN_EVALUATION_H_
#define SERVICES_TRAIN_EVALUATION_H_

#include <ATen/core/Tensor.h>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "services/common/model/model.h"
#include "services/common/scaling/scaler.h"

namespace stagecoach {

// Mean squared error of the model over windows `x` [n, lookback, features],
// n >= 1, and targets `y` [n, horizon], in the units that the targets had
// before `scaling`. Takes the windows in blocks, so that memory stays bounded,
// and asks `cancelled` before each.
//
// CANCELLED: so it said. Errors: libtorch's exceptions pass through.
absl::StatusOr<double> MeanSquaredError(const Model& model, const at::Tensor& x,
                                        const at::Tensor& y,
                                        const ColumnScaling& scaling,
                                        absl::FunctionRef<bool()> cancelled);

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_EVALUATION_H_
