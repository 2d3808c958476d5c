#include "tests/bench/runs/workloads.h"

#include <grpcpp/channel.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/client_stream_call.h"
#include "services/common/rpc/client_unary_call.h"
#include "stagecoach/v1/stage.grpc.pb.h"

namespace stagecoach {
namespace {

constexpr int kBareCalls = 4;

// A stub that lives as long as the process: who is told the end of the last
// call may end while a thread of gRPC still lets go of it, and such a thread
// must not drop the last share of a channel.
template <typename Service>
typename Service::Stub& KeptStub(const std::string& address) {
  return *Service::NewStub(MakeChannel(address)).release();
}

void CallAgain(v1::StageService::Stub& stub, int calls, const Done& done) {
  const v1::DescribeRequest request;
  CallUnary<v1::DescribeResponse>(
      kPatience,
      [&](auto* context, auto* response, auto on_status) {
        stub.async()->Describe(context, &request, response,
                               std::move(on_status));
      },
      [&stub, calls, done](const absl::StatusOr<v1::DescribeResponse>& end) {
        if (!end.ok() || calls == 1) {
          done(end.status());
        } else {
          CallAgain(stub, calls - 1, done);
        }
      });
}

}  // namespace

std::string NoopPipeline(int steps) {
  std::string yaml =
      "apiVersion: stagecoach/v1\n"
      "kind: Pipeline\n"
      "metadata: {name: noop}\n"
      "spec:\n"
      "  steps:\n";
  for (int i = 0; i < steps; ++i) {
    absl::StrAppend(&yaml, "    - {name: step-", i, ", stage: noop}\n");
  }
  return yaml;
}

Workload ExecuteRuns(TestCluster& cluster, const v1::ExecuteRunRequest& request,
                     const std::function<void(const v1::Run& run)>& on_ended) {
  auto* const stub =
      &KeptStub<v1::Orchestrator>(cluster.endpoints("orchestrator").grpc);
  return [stub, request, on_ended](const Done& done) {
    struct Call {
      v1::ExecuteRunRequest request;
      absl::Status ended = absl::InternalError("no end was reported");
    };
    auto call = std::make_shared<Call>();
    call->request = request;
    ClientStreamCall<v1::ExecuteRunResponse>::Start(
        kPatience,
        [&](auto* context, auto* reactor) {
          stub->async()->ExecuteRun(context, &call->request, reactor);
        },
        [call, on_ended](const v1::ExecuteRunResponse& response) {
          if (!response.has_ended()) return;
          on_ended(response.ended());
          call->ended =
              response.ended().state() == v1::RUN_STATE_SUCCEEDED
                  ? absl::OkStatus()
                  : absl::InternalError(response.ended().error().message());
        },
        [call, done](const absl::Status& status) {
          done(status.ok() ? call->ended : status);
        });
  };
}

Workload BareCalls(TestCluster& cluster) {
  auto* const stub =
      &KeptStub<v1::StageService>(cluster.endpoints("noop").grpc);
  return [stub](const Done& done) { CallAgain(*stub, kBareCalls, done); };
}

Workload RelayedCalls(TestCluster& cluster) {
  auto* const stub =
      &KeptStub<v1::StageService>(cluster.endpoints("relay").grpc);
  return [stub](const Done& done) { CallAgain(*stub, /*calls=*/1, done); };
}

}  // namespace stagecoach
