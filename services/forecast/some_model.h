// A model for tests.

#ifndef SERVICES_FORECAST_SOME_MODEL_H_
#define SERVICES_FORECAST_SOME_MODEL_H_

#include <string>

#include "services/common/model/model.h"
#include "services/common/model/weights_metadata.h"

namespace stagecoach {

// An `mlp` of one hidden layer that forecasts the last value of the window and
// `step` more, for a window of numbers above -1000; its other inputs do not
// matter. Weights of `layers` 1, one output.
Model CountingModel(const ModelShape& shape, float step);

// The file of weights.
SafetensorsView WeightsFile(const Model& model,
                            const SafetensorsMetadata& metadata);
std::string WeightsBytes(const Model& model,
                         const SafetensorsMetadata& metadata);

// Monthly values, scaled by 1/10 and their month known, the last one in
// December 1960.
Scaler MonthlyScaler(int64_t lookback);

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_SOME_MODEL_H_
