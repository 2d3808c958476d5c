// An orchestrator and a replica of the no-op stage, for benches of many runs.

#ifndef TESTS_BENCH_SCALE_SCALE_CLUSTER_H_
#define TESTS_BENCH_SCALE_SCALE_CLUSTER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/testing/cluster.h"

namespace stagecoach {

// Threads: not thread-safe.
class ScaleCluster {
 public:
  // Starts both. The orchestrator knows the pipelines `noop`, of four steps
  // that do nothing, and `sleep`, of one that sleeps for an hour.
  absl::Status Start(int slots);

  // Ends the orchestrator and starts it again; returns how long it takes from
  // the start of the process until it serves.
  absl::Status StopOrchestrator();
  absl::StatusOr<absl::Duration> StartOrchestrator();

  absl::StatusOr<v1::Run> RunNoop();
  absl::StatusOr<v1::Run> Create(const std::string& pipeline);

  // Resident memory of the orchestrator in bytes.
  int64_t OrchestratorMemory();

  TestCluster& cluster() { return cluster_; }
  v1::Orchestrator::Stub& stub() { return cluster_.orchestrator(); }
  std::string store_file() const { return cluster_.folder() + "/state.db"; }

 private:
  TestCluster cluster_;
};

// Milliseconds at that part, from 0 to 1, of the ordered times.
double QuantileMs(std::vector<absl::Duration> times, double part);

}  // namespace stagecoach

#endif  // TESTS_BENCH_SCALE_SCALE_CLUSTER_H_
