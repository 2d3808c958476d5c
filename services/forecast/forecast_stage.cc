#include "services/forecast/forecast_stage.h"

#include "services/common/base/status_macros.h"
#include "services/common/stagekit/stage_builder.h"
#include "services/common/tensor/guarded.h"
#include "services/common/tensor/tensor_artifacts.h"
#include "services/common/tensor/torch_runtime.h"
#include "services/forecast/forecaster.h"

namespace stagecoach {
namespace {

absl::Status Forecast(ExecutionContext& context) {
  SC_ASSIGN_OR_RETURN(const SafetensorsView weights,
                      context.OpenTensors("weights"));
  SC_ASSIGN_OR_RETURN(const Forecaster forecaster, Forecaster::Load(weights),
                      "input 'weights'");
  SC_ASSIGN_OR_RETURN(const SafetensorsView windows,
                      context.OpenTensors("X_forecast"));
  SC_ASSIGN_OR_RETURN(const at::Tensor forecast,
                      forecaster.Forecast(windows, "X_forecast"),
                      "input 'X_forecast'");
  SC_RETURN_IF_ERROR(
      context.WriteTensors("y_forecast", {ViewOf("y_forecast", forecast)}, {}));
  context.SetMetric("forecast", forecast.const_data_ptr<float>()[0]);
  return absl::OkStatus();
}

}  // namespace

v1::StageDescription ForecastStage::Describe() const {
  return StageBuilder("forecast", "1.0.0",
                      "Forecasts the value after a window with a trained "
                      "model.")
      .Input("weights", v1::ARTIFACT_TYPE_WEIGHTS,
             "a model, described by its metadata")
      .Input("X_forecast", v1::ARTIFACT_TYPE_TENSOR,
             "windows, F32 [n,lookback,features]")
      .Output("y_forecast", v1::ARTIFACT_TYPE_TENSOR,
              "value after each window, F32 [n,1]")
      .Build();
}

void ForecastStage::RegisterMetrics(prometheus::Registry& registry) {
  RegisterTorchMetrics(registry);
}

absl::Status ForecastStage::Run(ExecutionContext& context) {
  PrepareTorchThread();
  return Guarded("forecasting", [&context] { return Forecast(context); });
}

}  // namespace stagecoach
