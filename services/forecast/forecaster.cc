#include "services/forecast/forecaster.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "services/common/base/status_macros.h"
#include "services/common/tensor/tensor_artifacts.h"

namespace stagecoach {

absl::StatusOr<Forecaster> Forecaster::Load(const SafetensorsView& weights) {
  SC_ASSIGN_OR_RETURN(const ModelDescription description,
                      FromMetadata(weights.metadata()));
  SC_ASSIGN_OR_RETURN(LstmModel model,
                      LstmModel::Load(description.shape, weights));
  return Forecaster(description, std::move(model));
}

absl::StatusOr<at::Tensor> Forecaster::Forecast(const SafetensorsView& file,
                                                absl::string_view name) const {
  const c10::NoGradGuard no_grad;
  SC_ASSIGN_OR_RETURN(const at::Tensor windows,
                      FindTensor(file, name, Dtype::kF32,
                                 {kAnyLength, description_.lookback,
                                  description_.shape.input_size}));
  at::Tensor forecast = model_.Forward(windows).contiguous();
  if (!forecast.isfinite().all().item<bool>()) {
    return absl::FailedPreconditionError(
        "the forecast is not a finite number; look for NaN or extreme values "
        "in the weights and in the windows");
  }
  return forecast;
}

}  // namespace stagecoach
