// One forecast online: what ForecastService does, without gRPC.

#ifndef SERVICES_FORECAST_PREDICTION_H_
#define SERVICES_FORECAST_PREDICTION_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "services/forecast/forecaster.h"
#include "services/forecast/model_cache.h"
#include "stagecoach/v1/forecast.pb.h"

namespace stagecoach {

// Errors as ForecastService.Predict says; `cancelled` is asked before each
// block of work. Threads: any.
absl::Status Predict(ModelCache& models, const v1::PredictRequest& request,
                     absl::FunctionRef<bool()> cancelled,
                     v1::PredictResponse& response);

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_PREDICTION_H_
