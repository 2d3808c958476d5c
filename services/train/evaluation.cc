#include "services/train/evaluation.h"

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "absl/status/status.h"

namespace stagecoach {
namespace {

// Windows for one pass through the model: a few milliseconds.
constexpr int64_t kBlock = 1024;

// ColumnScaling::ToValue of each.
at::Tensor ToValues(const at::Tensor& features, const ColumnScaling& scaling) {
  if (!scaling.log && scaling.offset == 0 && scaling.scale == 1) {
    return features;
  }
  const at::Tensor values =
      features.to(at::kDouble) * scaling.scale + scaling.offset;
  return scaling.log ? values.exp() : values;
}

}  // namespace

absl::StatusOr<double> MeanSquaredError(const Model& model, const at::Tensor& x,
                                        const at::Tensor& y,
                                        const ColumnScaling& scaling,
                                        absl::FunctionRef<bool()> cancelled) {
  const c10::NoGradGuard no_grad;
  const int64_t count = x.size(0);
  double squares = 0;
  for (int64_t row = 0; row < count; row += kBlock) {
    if (cancelled()) return absl::CancelledError("cancelled in evaluation");
    const int64_t rows = std::min(kBlock, count - row);
    const at::Tensor error =
        ToValues(model.Forward(x.narrow(0, row, rows)), scaling) -
        ToValues(y.narrow(0, row, rows), scaling);
    squares += error.square().sum(at::kDouble).item<double>();
  }
  return squares / static_cast<double>(y.numel());
}

}  // namespace stagecoach
