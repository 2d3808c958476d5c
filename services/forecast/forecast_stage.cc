#include "services/forecast/forecast_stage.h"

#include "services/common/stagekit/stage_builder.h"
#include "services/common/tensor/guarded.h"
#include "services/common/tensor/torch_runtime.h"
#include "services/forecast/forecast_execution.h"

namespace stagecoach {

v1::StageDescription ForecastStage::Describe() const {
  return StageBuilder("forecast", "1.1.0",
                      "Forecasts the values after a window with a trained "
                      "model, and says what such forecasts are worth.")
      .Parameter(Integer("steps", "how many rows ahead to forecast")
                     .Default(1)
                     .Minimum(1)
                     .Maximum(kMostSteps))
      .Parameter(Integer("season",
                         "rows in a season, for the seasonal naive method and "
                         "MASE; 0: what the frequency of the series suggests")
                     .Default(0)
                     .Minimum(0)
                     .Maximum(1'000'000))
      .Parameter(Number("interval_level",
                        "probability that the true value is within the "
                        "prediction interval")
                     .Default(0.95)
                     .Above(0)
                     .Below(1))
      .Input("weights", v1::ARTIFACT_TYPE_WEIGHTS,
             "a model, described by its metadata")
      .Input("X_forecast", v1::ARTIFACT_TYPE_TENSOR,
             "windows, F32 [n,lookback,features]")
      .OptionalInput("train", v1::ARTIFACT_TYPE_TENSOR,
                     "training part of the series, F32 [n,columns]; with "
                     "'test' for the report and the table")
      .OptionalInput("test", v1::ARTIFACT_TYPE_TENSOR,
                     "test part of the series, F32 [m,columns]")
      .Output("y_forecast", v1::ARTIFACT_TYPE_TENSOR,
              "values after each window in original units, F32 [n,steps]")
      .OptionalOutput("report", v1::ARTIFACT_TYPE_REPORT,
                      "accuracy on the test part, beside naive methods")
      .OptionalOutput("table", v1::ARTIFACT_TYPE_TABLE,
                      "history, fit and forecast with its interval")
      .Build();
}

void ForecastStage::RegisterMetrics(prometheus::Registry& registry) {
  RegisterTorchMetrics(registry);
}

absl::Status ForecastStage::Run(ExecutionContext& context) {
  PrepareTorchThread();
  return Guarded("forecasting",
                 [&context] { return ForecastExecution(context).Run(); });
}

}  // namespace stagecoach
