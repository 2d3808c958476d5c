#include "services/forecast/forecaster.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/model/weights_metadata.h"
#include "services/common/tensor/tensor_artifacts.h"

namespace stagecoach {
namespace {

// Windows for one pass through the model: a few milliseconds.
constexpr int64_t kBlock = 1024;

// For a model that was trained on the values as they are.
Scaler IdentityFor(const ModelShape& shape) {
  Scaler scaler;
  scaler.columns.resize(shape.input_size);
  scaler.lookback = shape.lookback;
  scaler.horizon = shape.output_size;
  return scaler;
}

absl::Status NotFinite() {
  return absl::FailedPreconditionError(
      "the forecast is not a finite number; look for NaN or extreme values in "
      "the weights and in the windows");
}

}  // namespace

Windows Windows::From(int64_t first) const {
  return {features.narrow(0, first, features.size(0) - first),
          {last_timestamps.begin() + first, last_timestamps.end()}};
}

absl::StatusOr<Forecaster> Forecaster::Load(const SafetensorsView& weights) {
  SC_ASSIGN_OR_RETURN(const ModelDescription description,
                      FromMetadata(weights.metadata()));
  SC_ASSIGN_OR_RETURN(
      Model model, Model::Load(*description.kind, description.shape, weights));
  Scaler scaler = description.scaler.value_or(IdentityFor(description.shape));
  return Forecaster(std::move(model), std::move(scaler));
}

absl::StatusOr<Windows> Forecaster::FindWindows(const SafetensorsView& file,
                                                absl::string_view name) const {
  Windows windows;
  SC_ASSIGN_OR_RETURN(windows.features,
                      FindTensor(file, name, Dtype::kF32,
                                 {kAnyLength, model_.shape().lookback,
                                  model_.shape().input_size}));
  windows.last_timestamps.resize(windows.features.size(0));
  windows.last_timestamps.back() = scaler_.last_timestamp;
  return windows;
}

absl::StatusOr<Windows> Forecaster::CutWindows(
    absl::Span<const float> values,
    std::optional<int64_t> last_timestamp) const {
  const auto columns = static_cast<int64_t>(scaler_.columns.size());
  const int64_t rows = std::ssize(values) / columns;
  if (std::ssize(values) % columns != 0 || rows < scaler_.lookback) {
    return absl::InvalidArgumentError(
        absl::StrCat("there are ", values.size(), " values; the model needs ",
                     scaler_.lookback, " rows of ", columns,
                     columns == 1 ? " value" : " values"));
  }
  at::Tensor features = at::empty({rows, scaler_.features()}, at::kFloat);
  const bool needs_time = !scaler_.calendar.empty();
  std::vector<std::optional<int64_t>> timestamps(rows);
  float* feature = features.mutable_data_ptr<float>();
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      const float value = values[row * columns + column];
      *feature = static_cast<float>(scaler_.columns[column].ToFeature(value));
      if (!std::isfinite(*feature++)) {
        return absl::FailedPreconditionError(absl::StrCat(
            "value ", value, " of row ", row,
            " is none that the model can "
            "use",
            scaler_.columns[column].log ? "; it takes its logarithm" : ""));
      }
    }
    timestamps[row] = TimestampAfter(last_timestamp, row - (rows - 1));
    if (!needs_time) continue;
    if (!timestamps[row].has_value()) {
      return absl::FailedPreconditionError(
          "the model has calendar features, so it needs the time of the last "
          "row and rows that are equally far apart");
    }
    const int64_t numbers = scaler_.features() - columns;
    WriteCalendarValues(scaler_.calendar, *timestamps[row],
                        absl::MakeSpan(feature, numbers));
    feature += numbers;
  }
  Windows windows;
  windows.features = features.unfold(0, scaler_.lookback, 1).transpose(1, 2);
  windows.last_timestamps.assign(timestamps.begin() + scaler_.lookback - 1,
                                 timestamps.end());
  return windows;
}

absl::StatusOr<std::vector<double>> Forecaster::Forecast(
    const Windows& windows, int64_t steps,
    absl::FunctionRef<bool()> cancelled) const {
  const c10::NoGradGuard no_grad;
  SC_RETURN_IF_ERROR(CheckSteps(windows, steps));
  const int64_t count = windows.features.size(0);
  std::vector<double> forecasts;
  forecasts.reserve(count * steps);
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    SC_ASSIGN_OR_RETURN(
        const at::Tensor features,
        ForecastFeatures(windows, begin, std::min(kBlock, count - begin), steps,
                         cancelled));
    const auto* const values = features.const_data_ptr<float>();
    for (int64_t i = 0; i < features.numel(); ++i) {
      forecasts.push_back(scaler_.target_column().ToValue(values[i]));
      if (!std::isfinite(forecasts.back())) return NotFinite();
    }
  }
  return forecasts;
}

absl::Status Forecaster::CheckSteps(const Windows& windows,
                                    int64_t steps) const {
  if (steps <= scaler_.horizon) return absl::OkStatus();
  const std::string beyond =
      absl::StrCat("the model forecasts ", scaler_.horizon,
                   " steps at once; to go on to ", steps, " it needs the ");
  if (scaler_.columns.size() > 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        beyond, "future of its other columns, which is not known"));
  }
  if (scaler_.calendar.empty()) return absl::OkStatus();
  for (const std::optional<int64_t>& last : windows.last_timestamps) {
    if (TimestampAfter(last, steps).has_value()) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(beyond,
                     "times of future rows, for which the last one must have a "
                     "timestamp and rows be equally far apart"));
  }
  return absl::OkStatus();
}

absl::StatusOr<at::Tensor> Forecaster::ForecastFeatures(
    const Windows& windows, int64_t begin, int64_t count, int64_t steps,
    absl::FunctionRef<bool()> cancelled) const {
  at::Tensor rows = windows.features.narrow(0, begin, count);
  std::vector<at::Tensor> parts;
  int64_t done = 0;
  while (done < steps) {
    if (cancelled()) return absl::CancelledError("cancelled in forecasting");
    if (done > 0) {
      rows = at::cat({rows, FutureRows(windows, begin, parts.back(),
                                       done - scaler_.horizon + 1)},
                     1);
      rows = rows.narrow(1, rows.size(1) - scaler_.lookback, scaler_.lookback);
    }
    parts.push_back(model_.Forward(rows));
    done += scaler_.horizon;
  }
  return at::cat(parts, 1).narrow(1, 0, steps).contiguous();
}

at::Tensor Forecaster::FutureRows(const Windows& windows, int64_t begin,
                                  const at::Tensor& targets,
                                  int64_t first) const {
  if (scaler_.calendar.empty()) return targets.unsqueeze(-1);
  const int64_t count = targets.size(0);
  const int64_t steps = targets.size(1);
  const int64_t numbers = scaler_.features() - 1;
  at::Tensor calendar = at::empty({count, steps, numbers}, at::kFloat);
  float* values = calendar.mutable_data_ptr<float>();
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t step = 0; step < steps; ++step, values += numbers) {
      const auto timestamp =
          TimestampAfter(windows.last_timestamps[begin + i], first + step);
      WriteCalendarValues(scaler_.calendar, *timestamp,
                          absl::MakeSpan(values, numbers));
    }
  }
  return at::cat({targets.unsqueeze(-1), calendar}, -1);
}

std::optional<int64_t> Forecaster::TimestampAfter(
    std::optional<int64_t> timestamp, int64_t steps) const {
  if (!timestamp.has_value()) return std::nullopt;
  return StepInTime(scaler_.frequency, *timestamp, steps);
}

}  // namespace stagecoach
