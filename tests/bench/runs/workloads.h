// What the bench of runs repeats: one unit of work, started without a thread
// that waits for it.

#ifndef TESTS_BENCH_RUNS_WORKLOADS_H_
#define TESTS_BENCH_RUNS_WORKLOADS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "tests/testing/cluster.h"

namespace stagecoach {

using Done = std::function<void(const absl::Status&)>;
// Starts one and tells `done` how it ended, on a thread of gRPC.
using Workload = std::function<void(const Done& done)>;

// A pipeline `noop` of `steps` steps that do nothing, all at once.
std::string NoopPipeline(int steps);

// Runs of `request`, whose pipeline the orchestrator knows. `on_ended` is told
// of each run that has ended, before `done`.
Workload ExecuteRuns(TestCluster& cluster, const v1::ExecuteRunRequest& request,
                     const std::function<void(const v1::Run& run)>& on_ended);

// The least that four remote steps cost: as many calls, one after the other,
// to a server of gRPC's callback API that answers at once; nothing durable.
Workload BareCalls(TestCluster& cluster);

// The least that a durable run of one remote step costs: a call to a server
// that makes a row durable, calls another one, and makes another row durable.
Workload RelayedCalls(TestCluster& cluster);

}  // namespace stagecoach

#endif  // TESTS_BENCH_RUNS_WORKLOADS_H_
