// The parameters that PyTorch's recurrent layers share.

#ifndef SERVICES_COMMON_MODEL_RECURRENT_PARAMETERS_H_
#define SERVICES_COMMON_MODEL_RECURRENT_PARAMETERS_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/model/model_kind.h"

namespace stagecoach {

// Tensors of each recurrent layer.
inline constexpr int64_t kTensorsPerLayer = 4;

// `<name>.weight_ih_l0`, `.weight_hh_l0`, `.bias_ih_l0`, `.bias_hh_l0`, … by
// layer, with `gates` rows for each hidden unit, then `linear.weight` and
// `linear.bias`.
std::vector<ParameterSpec> RecurrentParameters(absl::string_view name,
                                               int64_t gates,
                                               const ModelShape& shape);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_RECURRENT_PARAMETERS_H_
