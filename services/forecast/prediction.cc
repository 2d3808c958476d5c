#include "services/forecast/prediction.h"

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/tensor/guarded.h"
#include "services/common/tensor/torch_runtime.h"

namespace stagecoach {
namespace {

absl::StatusOr<std::vector<float>> ValuesOf(const v1::PredictRequest& request,
                                            const Scaler& scaler) {
  const auto columns = static_cast<int64_t>(scaler.columns.size());
  if (request.values_size() != scaler.lookback * columns) {
    return absl::InvalidArgumentError(absl::StrCat(
        "values: there are ", request.values_size(), ", needed are ",
        scaler.lookback * columns, ": the last ", scaler.lookback,
        " rows of the series, each with a value for ",
        columns == 1 ? "its one column"
                     : absl::StrCat("all ", columns, " columns")));
  }
  for (int i = 0; i < request.values_size(); ++i) {
    if (std::isfinite(static_cast<float>(request.values(i)))) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("values[", i, "] is ", request.values(i),
                     "; it must be a finite number of 32 bits"));
  }
  return std::vector<float>(request.values().begin(), request.values().end());
}

absl::StatusOr<int64_t> StepsOf(const v1::PredictRequest& request,
                                const Scaler& scaler) {
  if (request.steps() < 0 || request.steps() > kMostSteps) {
    return absl::OutOfRangeError(absl::StrCat(
        "steps is ", request.steps(), "; allowed are 0 to ", kMostSteps));
  }
  return request.steps() == 0 ? scaler.horizon : request.steps();
}

absl::Status PredictWith(const CachedModel& model,
                         const v1::PredictRequest& request,
                         absl::FunctionRef<bool()> cancelled,
                         v1::PredictResponse& response) {
  const Forecaster& forecaster = model.forecaster;
  const Scaler& scaler = forecaster.scaler();
  SC_ASSIGN_OR_RETURN(const int64_t steps, StepsOf(request, scaler));
  SC_ASSIGN_OR_RETURN(const std::vector<float> values,
                      ValuesOf(request, scaler));
  std::optional<int64_t> last;
  if (request.has_last_timestamp()) last = request.last_timestamp().seconds();
  SC_ASSIGN_OR_RETURN(const Windows windows,
                      forecaster.CutWindows(values, last));
  SC_ASSIGN_OR_RETURN(const std::vector<double> forecast,
                      forecaster.Forecast(windows, steps, cancelled));
  response.mutable_values()->Add(forecast.begin(), forecast.end());
  for (int64_t step = 1; step <= steps; ++step) {
    const std::optional<int64_t> time = forecaster.TimestampAfter(last, step);
    if (!time.has_value()) break;
    response.add_timestamps()->set_seconds(*time);
  }
  response.set_column(scaler.target_column().name);
  response.set_model_sha256(model.sha256);
  return absl::OkStatus();
}

}  // namespace

absl::Status Predict(ModelCache& models, const v1::PredictRequest& request,
                     absl::FunctionRef<bool()> cancelled,
                     v1::PredictResponse& response) {
  if (request.model_uri().empty()) {
    return absl::InvalidArgumentError(
        "model_uri is empty; it must be the URI of a model's weights, for "
        "example pvc://artifacts/runs/…/train/1/weights.safetensors");
  }
  PrepareTorchThread();
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<const CachedModel> model,
                      models.Get(request.model_uri(), request.model_sha256()));
  return Guarded("forecasting", [&] {
    return PredictWith(*model, request, cancelled, response);
  });
}

}  // namespace stagecoach
