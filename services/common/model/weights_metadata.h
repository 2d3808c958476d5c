// What a file of weights says of the model they belong to: enough to use them
// without knowing anything else.
//
// Keys in the metadata of the safetensors file, all text:
//   model        always `lstm`
//   input_size   values at each step of a window
//   hidden_size  units in a layer
//   layers       LSTM layers
//   output_size  values forecast from a window
//   lookback     steps in a window

#ifndef SERVICES_COMMON_MODEL_WEIGHTS_METADATA_H_
#define SERVICES_COMMON_MODEL_WEIGHTS_METADATA_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/model/lstm_model.h"

namespace stagecoach {

struct ModelDescription {
  LstmShape shape;
  // Steps in the windows that the model was trained on, >= 1.
  int64_t lookback = 1;

  friend bool operator==(const ModelDescription&,
                         const ModelDescription&) = default;
};

SafetensorsMetadata ToMetadata(const ModelDescription& description);

// FAILED_PRECONDITION naming the key that is missing, no whole number, or out
// of range.
absl::StatusOr<ModelDescription> FromMetadata(
    const SafetensorsMetadata& metadata);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_WEIGHTS_METADATA_H_
