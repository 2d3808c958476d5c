#include "services/train/optimizer.h"

#include <c10/util/Exception.h>

#include <utility>

#include "services/train/adam.h"
#include "services/train/sgd.h"

namespace stagecoach {

std::unique_ptr<Optimizer> MakeOptimizer(const OptimizerOptions& options,
                                         std::vector<at::Tensor> parameters) {
  AdamOptions adam;
  adam.weight_decay = options.weight_decay;
  if (options.name == "adam") {
    return std::make_unique<Adam>(adam, std::move(parameters));
  }
  if (options.name == "adamw") {
    adam.decoupled = true;
    return std::make_unique<Adam>(adam, std::move(parameters));
  }
  TORCH_CHECK(options.name == "sgd", "no optimizer ", options.name);
  return std::make_unique<Sgd>(options.momentum, options.weight_decay,
                               std::move(parameters));
}

}  // namespace stagecoach
