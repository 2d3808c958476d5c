// What a trained model says comes after the rows of a series.

#ifndef SERVICES_FORECAST_FORECASTER_H_
#define SERVICES_FORECAST_FORECASTER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/model/model.h"
#include "services/common/scaling/scaler.h"

namespace stagecoach {

// Longest forecast.
inline constexpr int64_t kMostSteps = 10'000;

// Windows of features, and for each when its last row was, if that is known.
struct Windows {
  at::Tensor features;  // F32 [n, lookback, features], n >= 1
  std::vector<std::optional<int64_t>> last_timestamps;

  // Those from window `first` on.
  Windows From(int64_t first) const;
};

// A model that was rebuilt from its weights alone, with the way from a series
// to its features and back; copies share it. Weights without a scaler are of a
// model that was trained on the values as they are.
//
// Threads: every method may be called from several threads at once. Errors:
// libtorch's exceptions pass through.
class Forecaster {
 public:
  // FAILED_PRECONDITION: the weights' metadata does not describe a model that
  // is known here, or the tensors do not fit the description.
  static absl::StatusOr<Forecaster> Load(const SafetensorsView& weights);

  // The tensor `name` of `file` as windows that end at the end of the series,
  // F32 [n, lookback, features]. FAILED_PRECONDITION: there is none, or it
  // does not fit the model.
  absl::StatusOr<Windows> FindWindows(const SafetensorsView& file,
                                      absl::string_view name) const;

  // All windows over rows of a series in its original units, row by row, from
  // the first on. `last_timestamp`: of the last row.
  //
  // INVALID_ARGUMENT: the values are no whole rows, or less than a window.
  // FAILED_PRECONDITION: the model needs timestamps, and there are none; or a
  //   value has no logarithm, and one is needed.
  absl::StatusOr<Windows> CutWindows(
      absl::Span<const float> values,
      std::optional<int64_t> last_timestamp) const;

  // The `steps` values of the target column after each window, in its original
  // units, window by window. As many as the horizon come from the windows;
  // beyond, forecasts are fed back as if they had been observed. Asks
  // `cancelled` before each block of work.
  //
  // FAILED_PRECONDITION: a forecast is not a finite number; or it goes beyond
  //   the horizon and needs other columns or timestamps that are not known.
  // CANCELLED: so it said.
  absl::StatusOr<std::vector<double>> Forecast(
      const Windows& windows, int64_t steps,
      absl::FunctionRef<bool()> cancelled) const;

  const Scaler& scaler() const { return scaler_; }
  // When the row `steps` after the one at `timestamp` is, if both are known.
  std::optional<int64_t> TimestampAfter(std::optional<int64_t> timestamp,
                                        int64_t steps) const;

 private:
  Forecaster(Model model, Scaler scaler)
      : model_(std::move(model)), scaler_(std::move(scaler)) {}

  absl::Status CheckSteps(const Windows& windows, int64_t steps) const;
  absl::StatusOr<at::Tensor> ForecastFeatures(
      const Windows& windows, int64_t begin, int64_t count, int64_t steps,
      absl::FunctionRef<bool()> cancelled) const;
  // The rows `first`, … after those windows whose targets are `targets`.
  at::Tensor FutureRows(const Windows& windows, int64_t begin,
                        const at::Tensor& targets, int64_t first) const;

  Model model_;
  Scaler scaler_;
};

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_FORECASTER_H_
