// How libtorch runs in a process of ours.

#ifndef SERVICES_COMMON_TENSOR_TORCH_RUNTIME_H_
#define SERVICES_COMMON_TENSOR_TORCH_RUNTIME_H_

#include <prometheus/registry.h>

namespace stagecoach {

// Makes the calling thread ready to compute with libtorch; to be called at the
// start of every execution, cheap when repeated.
//
// - One thread inside an operation. The models here are so small that handing
//   work to others costs more than it gains, an execution then takes no more
//   than its one core however many the machine has, and results do not depend
//   on the number of cores.
// - Denormal numbers count as zero. Gradients of saturated gates become
//   denormal, which makes each multiplication up to a hundred times slower.
//
// Threads: any; it concerns the calling thread.
void PrepareTorchThread();

// Adds what a process that computes with libtorch exports beyond others:
//
//   stagecoach_torch_info{version}: always 1; the version of libtorch
//   stagecoach_torch_threads{kind="intra"|"inter"}: threads inside an
//     operation, as PrepareTorchThread sets them, and between operations
void RegisterTorchMetrics(prometheus::Registry& registry);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_TENSOR_TORCH_RUNTIME_H_
