// What a trained model says comes after a window.

#ifndef SERVICES_FORECAST_FORECASTER_H_
#define SERVICES_FORECAST_FORECASTER_H_

#include <ATen/core/Tensor.h>

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/model/lstm_model.h"
#include "services/common/model/weights_metadata.h"

namespace stagecoach {

// A model that was rebuilt from its weights alone; copies share it.
//
// Threads: Forecast may be called from several threads at once. Errors:
// libtorch's exceptions pass through.
class Forecaster {
 public:
  // FAILED_PRECONDITION: the weights' metadata does not describe a model that
  // is known here, or the tensors do not fit the description.
  static absl::StatusOr<Forecaster> Load(const SafetensorsView& weights);

  // From the tensor `name` in `file`, F32 [n, lookback, input_size], to
  // forecasts [n, output_size]. FAILED_PRECONDITION: there is no such tensor,
  // it does not fit the model, or a forecast is not a finite number.
  absl::StatusOr<at::Tensor> Forecast(const SafetensorsView& file,
                                      absl::string_view name) const;

  const ModelDescription& description() const { return description_; }

 private:
  Forecaster(const ModelDescription& description, LstmModel model)
      : description_(description), model_(std::move(model)) {}

  ModelDescription description_;
  LstmModel model_;
};

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_FORECASTER_H_
