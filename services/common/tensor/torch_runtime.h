// How libtorch runs in a process of ours.

#ifndef SERVICES_COMMON_TENSOR_TORCH_RUNTIME_H_
#define SERVICES_COMMON_TENSOR_TORCH_RUNTIME_H_

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <cstdint>

namespace stagecoach {

// Threads for operations of about `multiply_adds` each, when `processors` may
// be used: one for all but large ones. Handing a part of the work to another
// thread costs some ten microseconds, an operation of less than half a
// millisecond gains nothing by it, and an execution then takes no more than its
// one core however many the machine has.
int TorchThreadsFor(int64_t multiply_adds, int processors);

// Asks libtorch for tensors of 2 MiB and more in huge pages, unless the
// environment's THP_MEM_ALLOC_ENABLE says otherwise: a step over matrices of
// several MiB is two to four times as fast when their pages take 512 times as
// few translations. Needs a kernel whose transparent huge pages are on for
// those who ask (`madvise`, the default) or for all; without them it changes
// nothing. To be called at the start of main, before there are threads or
// tensors.
void UseHugePagesForTensors();

// Makes the calling thread ready to compute with libtorch; to be called at the
// start of every execution, cheap when repeated.
//
// - As many threads inside an operation as TorchThreadsFor says for the largest
//   operations of the execution and the processors that the process may use.
//   The same sizes on the same machine always give the same number, because
//   results may depend on it.
// - Denormal numbers count as zero. Gradients of saturated gates become
//   denormal, which makes each multiplication up to a hundred times slower.
//
// Returns the number of threads. Threads: any; it concerns the calling one.
int PrepareTorchThread(int64_t multiply_adds = 0);

// Adds what a process that computes with libtorch exports beyond others:
//
//   stagecoach_torch_info{version}: always 1; the version of libtorch
//   stagecoach_torch_threads{kind="intra"|"inter"}: threads inside an
//     operation, 1 until it is set to what PrepareTorchThread returns, and
//     between operations
//
// Returns the one for threads inside an operation; it belongs to the registry.
prometheus::Gauge& RegisterTorchMetrics(prometheus::Registry& registry);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_TENSOR_TORCH_RUNTIME_H_
