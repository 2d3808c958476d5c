#include "tests/bench/scale/scale_cluster.h"

#include <signal.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"

namespace stagecoach {
namespace {

std::string PipelineYaml(const std::string& name, int steps,
                         const std::string& parameters) {
  std::string yaml =
      absl::StrCat("apiVersion: stagecoach/v1\nkind: Pipeline\n",
                   "metadata: {name: ", name, "}\nspec:\n  steps:\n");
  for (int i = 0; i < steps; ++i) {
    absl::StrAppend(&yaml, "    - {name: step-", i, ", stage: noop", parameters,
                    "}\n");
  }
  return yaml;
}

absl::Status Apply(v1::Orchestrator::Stub& stub, const std::string& yaml) {
  grpc::ClientContext context;
  SetTimeout(context, kPatience);
  v1::ApplyPipelineRequest request;
  request.set_yaml(yaml);
  v1::ApplyPipelineResponse response;
  return FromGrpcStatus(stub.ApplyPipeline(&context, request, &response),
                        context);
}

}  // namespace

absl::Status ScaleCluster::Start(int slots) {
  SC_RETURN_IF_ERROR(cluster_.Start(
      "noop", {absl::StrCat("--slots=", slots), "--log-level=warning"}));
  SC_RETURN_IF_ERROR(StartOrchestrator().status());
  SC_RETURN_IF_ERROR(Apply(stub(), PipelineYaml("noop", 4, "")));
  return Apply(stub(), PipelineYaml("sleep", 1, ", parameters: {sleep: 3600}"));
}

absl::Status ScaleCluster::StopOrchestrator() {
  Process& process = cluster_.process("orchestrator");
  process.Signal(SIGTERM);
  return process.Wait(kPatience).status();
}

absl::StatusOr<absl::Duration> ScaleCluster::StartOrchestrator() {
  const absl::Time start = absl::Now();
  SC_RETURN_IF_ERROR(cluster_.Start("orchestrator", {"--log-level=warning"}));
  return absl::Now() - start;
}

absl::StatusOr<v1::Run> ScaleCluster::RunNoop() {
  v1::RunRequest request;
  request.set_pipeline("noop");
  return cluster_.Execute(request);
}

absl::StatusOr<v1::Run> ScaleCluster::Create(const std::string& pipeline) {
  v1::RunRequest request;
  request.set_pipeline(pipeline);
  return cluster_.Create(request);
}

int64_t ScaleCluster::OrchestratorMemory() {
  return ResidentMemory(cluster_.process("orchestrator").pid());
}

double QuantileMs(std::vector<absl::Duration> times, double part) {
  std::sort(times.begin(), times.end());
  return absl::ToDoubleMilliseconds(
      times[static_cast<size_t>(part * (times.size() - 1))]);
}

}  // namespace stagecoach
