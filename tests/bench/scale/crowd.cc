#include "tests/bench/scale/crowd.h"

#include <grpcpp/channel.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/client_stream_call.h"
#include "services/common/rpc/status.h"
#include "tests/bench/scale/scale_cluster.h"

namespace stagecoach {
namespace {

constexpr int kConnections = 20;

absl::Status Cancel(ScaleCluster& cluster, const std::string& run_id) {
  grpc::ClientContext context;
  SetTimeout(context, kPatience);
  v1::CancelRunRequest request;
  request.set_run_id(run_id);
  v1::CancelRunResponse response;
  return FromGrpcStatus(cluster.stub().CancelRun(&context, request, &response),
                        context);
}

// Everybody who watches one run.
class Watchers {
 public:
  explicit Watchers(int count) : first_(count), ended_(count) {}

  void Start(const std::string& target, const std::string& run_id, int count) {
    for (int i = 0; i < kConnections; ++i) {
      stubs_.push_back(v1::Orchestrator::NewStub(
          MakeChannel(target, {.own_connection = true})));
    }
    v1::WatchRunRequest request;
    request.set_run_id(run_id);
    for (int i = 0; i < count; ++i) {
      ClientStreamCall<v1::WatchRunResponse>::Start(
          kPatience,
          [&](auto* context, auto* reactor) {
            stubs_[i % kConnections]->async()->WatchRun(context, &request,
                                                        reactor);
          },
          [this, told = false](const v1::WatchRunResponse&) mutable {
            ++events_;
            if (!std::exchange(told, true)) first_.DecrementCount();
          },
          [this](const absl::Status& status) {
            if (!status.ok()) ++failed_;
            ended_.DecrementCount();
          });
    }
  }

  void AwaitFirstEvents() { first_.Wait(); }
  void AwaitEnds() { ended_.Wait(); }
  int64_t events() const { return events_; }
  int failed() const { return failed_; }

 private:
  // Kept to the end: gRPC's threads must not drop the last share of a channel.
  std::vector<std::unique_ptr<v1::Orchestrator::Stub>> stubs_;
  absl::BlockingCounter first_;
  absl::BlockingCounter ended_;
  std::atomic<int64_t> events_ = 0;
  std::atomic<int> failed_ = 0;
};

}  // namespace

absl::StatusOr<nlohmann::json> MeasureQueued(int runs) {
  ScaleCluster cluster;
  SC_RETURN_IF_ERROR(cluster.Start(/*slots=*/1));
  SC_RETURN_IF_ERROR(cluster.Create("sleep").status());
  for (int i = 0; i < 100; ++i) {
    SC_RETURN_IF_ERROR(cluster.Create("noop").status());
  }
  const int64_t before = cluster.OrchestratorMemory();
  const absl::Time start = absl::Now();
  for (int i = 0; i < runs; ++i) {
    SC_RETURN_IF_ERROR(cluster.Create("noop").status());
  }
  nlohmann::json result;
  result["create_rate"] = runs / absl::ToDoubleSeconds(absl::Now() - start);
  result["bytes_each"] =
      static_cast<double>(cluster.OrchestratorMemory() - before) / runs;
  return result;
}

absl::StatusOr<nlohmann::json> MeasureWatchers(int watchers) {
  ScaleCluster cluster;
  SC_RETURN_IF_ERROR(cluster.Start(/*slots=*/1));
  SC_ASSIGN_OR_RETURN(const v1::Run sleeper, cluster.Create("sleep"));
  SC_ASSIGN_OR_RETURN(const v1::Run run, cluster.Create("noop"));
  const int64_t before = cluster.OrchestratorMemory();
  Watchers crowd(watchers);
  const absl::Time attaching = absl::Now();
  crowd.Start(cluster.cluster().endpoints("orchestrator").grpc, run.id(),
              watchers);
  crowd.AwaitFirstEvents();
  nlohmann::json result;
  result["attach_ms"] = absl::ToDoubleMilliseconds(absl::Now() - attaching);
  result["bytes_each"] =
      static_cast<double>(cluster.OrchestratorMemory() - before) / watchers;
  const absl::Time start = absl::Now();
  SC_RETURN_IF_ERROR(Cancel(cluster, sleeper.id()));
  crowd.AwaitEnds();
  result["all_ms"] = absl::ToDoubleMilliseconds(absl::Now() - start);
  SC_ASSIGN_OR_RETURN(const v1::Run ended, cluster.cluster().Get(run.id()));
  result["run_ms"] = absl::ToDoubleMilliseconds(
      absl::Seconds(ended.end_time().seconds() - ended.start_time().seconds()) +
      absl::Nanoseconds(ended.end_time().nanos() - ended.start_time().nanos()));
  result["events"] = crowd.events();
  result["failed"] = crowd.failed();
  return result;
}

}  // namespace stagecoach
