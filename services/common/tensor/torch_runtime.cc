#include "services/common/tensor/torch_runtime.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

namespace stagecoach {

void PrepareTorchThread() {
  at::set_num_threads(1);
  at::globalContext().setFlushDenormal(true);
}

std::string LibtorchVersion() { return TORCH_VERSION; }

}  // namespace stagecoach
