#include "services/common/model/recurrent_parameters.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace stagecoach {

std::vector<ParameterSpec> RecurrentParameters(absl::string_view name,
                                               int64_t gates,
                                               const ModelShape& shape) {
  const int64_t hidden = shape.hidden_size;
  const double bound = 1.0 / std::sqrt(static_cast<double>(hidden));
  std::vector<ParameterSpec> parameters;
  const auto add = [&](absl::string_view part, int64_t layer,
                       std::vector<int64_t> sizes) {
    parameters.push_back(
        {absl::StrCat(name, ".", part, "_l", layer), std::move(sizes), bound});
  };
  for (int64_t layer = 0; layer < shape.layers; ++layer) {
    const int64_t input = layer == 0 ? shape.input_size : hidden;
    add("weight_ih", layer, {gates * hidden, input});
    add("weight_hh", layer, {gates * hidden, hidden});
    add("bias_ih", layer, {gates * hidden});
    add("bias_hh", layer, {gates * hidden});
  }
  for (ParameterSpec& linear :
       LinearParameters("linear", hidden, shape.output_size)) {
    parameters.push_back(std::move(linear));
  }
  return parameters;
}

}  // namespace stagecoach
