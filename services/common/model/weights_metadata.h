// What a file of weights says of the model they belong to: enough to use them
// without knowing anything else.
//
// Keys in the metadata of the safetensors file, all text:
//   model        kind of model: `lstm`, `gru`, `mlp`
//   input_size   values at each step of a window
//   hidden_size  units in a layer
//   layers       hidden layers
//   output_size  values forecast from a window
//   lookback     steps in a window
//   scaler       optional: how the windows were made of a series, in the JSON
//                of services/common/scaling

#ifndef SERVICES_COMMON_MODEL_WEIGHTS_METADATA_H_
#define SERVICES_COMMON_MODEL_WEIGHTS_METADATA_H_

#include <optional>

#include "absl/status/statusor.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/model/model_kind.h"
#include "services/common/scaling/scaler.h"

namespace stagecoach {

struct ModelDescription {
  // Lives as long as the program.
  const ModelKind* kind = nullptr;
  ModelShape shape;
  // Not set for a model that was trained on windows of unknown make.
  std::optional<Scaler> scaler;

  friend bool operator==(const ModelDescription&,
                         const ModelDescription&) = default;
};

SafetensorsMetadata ToMetadata(const ModelDescription& description);

// FAILED_PRECONDITION saying what differs, unless windows of that make fit a
// model of that shape.
absl::Status CheckFits(const Scaler& scaler, const ModelShape& shape);

// FAILED_PRECONDITION naming the key that is missing, no whole number, out of
// range, or does not fit the others.
absl::StatusOr<ModelDescription> FromMetadata(
    const SafetensorsMetadata& metadata);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_WEIGHTS_METADATA_H_
