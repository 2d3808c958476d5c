#include "services/prepare/prepare_stage.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "services/common/base/status_macros.h"
#include "services/common/stagekit/stage_builder.h"
#include "services/prepare/windows.h"

namespace stagecoach {
namespace {

constexpr int64_t kLongestLookback = 1'000'000;

// A series and the mapped file that it lies in.
struct Series {
  SafetensorsView file;
  absl::Span<const float> values;
};

// FAILED_PRECONDITION unless the input holds F32 [n,1].
absl::StatusOr<Series> OpenSeries(ExecutionContext& context,
                                  const std::string& input) {
  Series series;
  SC_ASSIGN_OR_RETURN(series.file, context.OpenTensors(input));
  SC_ASSIGN_OR_RETURN(const TensorView tensor, series.file.Find(input),
                      "input '", input, "'");
  if (tensor.dtype != Dtype::kF32 || tensor.shape.size() != 2 ||
      tensor.shape[1] != 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        "input '", input, "' is ", DtypeName(tensor.dtype), " [",
        absl::StrJoin(tensor.shape, ","), "]; needed is F32 [n,1]"));
  }
  series.values = tensor.floats();
  return series;
}

absl::Status WriteFloats(ExecutionContext& context, const std::string& name,
                         std::vector<int64_t> shape,
                         absl::Span<const float> values) {
  TensorView tensor;
  tensor.name = name;
  tensor.dtype = Dtype::kF32;
  tensor.shape = std::move(shape);
  tensor.bytes = absl::string_view(reinterpret_cast<const char*>(values.data()),
                                   values.size() * sizeof(float));
  return context.WriteTensors(name, {tensor}, {});
}

// Writes X_<part> and y_<part> from the series `part`.
absl::Status PreparePart(ExecutionContext& context, const std::string& part) {
  SC_ASSIGN_OR_RETURN(const Series series, OpenSeries(context, part));
  const auto stop = [&context] {
    return context.cancelled() ? absl::CancelledError("cancelled")
                               : absl::OkStatus();
  };
  SC_ASSIGN_OR_RETURN(
      const Windows windows,
      CutWindows(series.values, context.Integer("lookback"), stop), "input '",
      part, "'");
  SC_RETURN_IF_ERROR(WriteFloats(context, "X_" + part,
                                 {windows.rows, windows.lookback, 1},
                                 windows.x_values()));
  return WriteFloats(context, "y_" + part, {windows.rows, 1}, windows.y);
}

// Writes X_forecast: the last `lookback` values as one window.
absl::Status PrepareForecast(ExecutionContext& context) {
  const int64_t lookback = context.Integer("lookback");
  SC_ASSIGN_OR_RETURN(const Series series, OpenSeries(context, "forecast"));
  const auto length = static_cast<int64_t>(series.values.size());
  if (length < lookback) {
    return absl::FailedPreconditionError(
        absl::StrCat("input 'forecast' has ", length, " values; lookback ",
                     lookback, " needs at least ", lookback));
  }
  return WriteFloats(context, "X_forecast", {1, lookback, 1},
                     series.values.last(lookback));
}

}  // namespace

v1::StageDescription PrepareStage::Describe() const {
  return StageBuilder("prepare", "1.0.0",
                      "Cuts series into overlapping windows and the values "
                      "that follow them.")
      .Parameter(Integer("lookback", "values in a window")
                     .Default(4)
                     .Minimum(1)
                     .Maximum(kLongestLookback))
      .Input("train", v1::ARTIFACT_TYPE_TENSOR, "series to train on, F32 [n,1]")
      .Input("test", v1::ARTIFACT_TYPE_TENSOR, "series to test on, F32 [m,1]")
      .Input("forecast", v1::ARTIFACT_TYPE_TENSOR,
             "last values, F32 [lookback or more,1]")
      .Output("X_train", v1::ARTIFACT_TYPE_TENSOR,
              "windows, F32 [n-lookback,lookback,1]")
      .Output("y_train", v1::ARTIFACT_TYPE_TENSOR,
              "value after each window, F32 [n-lookback,1]")
      .Output("X_test", v1::ARTIFACT_TYPE_TENSOR,
              "windows, F32 [m-lookback,lookback,1]")
      .Output("y_test", v1::ARTIFACT_TYPE_TENSOR,
              "value after each window, F32 [m-lookback,1]")
      .Output("X_forecast", v1::ARTIFACT_TYPE_TENSOR,
              "window to forecast from, F32 [1,lookback,1]")
      .Build();
}

absl::Status PrepareStage::Run(ExecutionContext& context) {
  SC_RETURN_IF_ERROR(PreparePart(context, "train"));
  v1::Progress progress;
  progress.set_fraction(0.5);
  context.ReportProgress(progress);
  SC_RETURN_IF_ERROR(PreparePart(context, "test"));
  return PrepareForecast(context);
}

}  // namespace stagecoach
