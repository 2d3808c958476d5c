#include "services/train/evaluation.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"

namespace stagecoach {
namespace {

// Windows for one pass through the model: a few milliseconds.
constexpr int64_t kBlock = 1024;

}  // namespace

absl::StatusOr<double> RootMeanSquaredError(
    const LstmModel& model, const at::Tensor& x, const at::Tensor& y,
    absl::FunctionRef<bool()> cancelled) {
  const c10::NoGradGuard no_grad;
  const int64_t count = x.size(0);
  double squares = 0;
  for (int64_t row = 0; row < count; row += kBlock) {
    if (cancelled()) return absl::CancelledError("cancelled in evaluation");
    const int64_t rows = std::min(kBlock, count - row);
    const at::Tensor error =
        model.Forward(x.narrow(0, row, rows)) - y.narrow(0, row, rows);
    squares += error.square().sum(at::kDouble).item<double>();
  }
  return std::sqrt(squares / static_cast<double>(count));
}

}  // namespace stagecoach
