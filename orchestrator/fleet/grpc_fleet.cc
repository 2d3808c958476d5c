#include "orchestrator/fleet/grpc_fleet.h"

#include <algorithm>
#include <utility>

#include "orchestrator/fleet/fleet_errors.h"
#include "orchestrator/fleet/replica_channel.h"
#include "services/common/base/logging.h"
#include "services/common/rpc/client_unary_call.h"
#include "services/common/rpc/rpc_metrics.h"

namespace stagecoach {
namespace {

// `options` with every call counted in `registry`, if it is not elsewhere.
GrpcFleetOptions WithMetrics(GrpcFleetOptions options, Clock& clock,
                             prometheus::Registry& registry) {
  ChannelOptions& channel = options.replica.channel;
  if (channel.metrics == nullptr) {
    auto metrics =
        std::make_shared<RpcMetrics>(RpcSide::kClient, registry, clock);
    metrics->AddService(v1::StageService::service_full_name());
    metrics->AddService(v1::SessionService::service_full_name());
    metrics->AddService(grpc::health::v1::Health::service_full_name());
    channel.metrics = std::move(metrics);
  }
  return options;
}

}  // namespace

GrpcFleet::GrpcFleet(const std::vector<StageAddresses>& stages,
                     GrpcFleetOptions options, Clock& clock, TimerQueue& timers,
                     prometheus::Registry& registry)
    : runtime_(
          new FleetRuntime{WithMetrics(std::move(options), clock, registry),
                           clock,
                           timers,
                           {},
                           {}}),
      metrics_(registry),
      calls_(runtime_->options.sessions, runtime_->gate, timers) {
  for (const StageAddresses& addresses : stages) {
    names_.push_back(addresses.stage);
    stages_.emplace(addresses.stage, std::make_shared<StageReplicas>(
                                         addresses, runtime_, metrics_));
  }
  std::sort(names_.begin(), names_.end());
}

GrpcFleet::~GrpcFleet() { Shutdown(); }

void GrpcFleet::Start() {
  for (const auto& [name, stage] : stages_) stage->Start();
}

void GrpcFleet::AwaitContact(absl::Duration limit) const {
  const absl::Duration give_up = runtime_->clock.Elapsed() + limit;
  for (const auto& [name, stage] : stages_) {
    stage->AwaitContact(give_up - runtime_->clock.Elapsed());
  }
}

absl::StatusOr<std::string> GrpcFleet::Acquire(absl::string_view stage) {
  StageReplicas* replicas = Find(stage);
  if (replicas == nullptr) return NotConfigured(stage);
  return replicas->Acquire();
}

void GrpcFleet::AcquireAt(absl::string_view stage, const std::string& address) {
  if (StageReplicas* replicas = Find(stage)) replicas->AcquireAt(address);
}

void GrpcFleet::Release(absl::string_view stage, const std::string& address,
                        absl::Duration refused_for) {
  if (StageReplicas* replicas = Find(stage)) {
    replicas->Release(address, refused_for);
  }
}

void GrpcFleet::Execute(absl::string_view stage, const std::string& address,
                        v1::ExecuteRequest request, ExecutionOptions options,
                        ExecutionCallbacks callbacks) {
  StageReplicas* replicas = Find(stage);
  if (replicas == nullptr) {
    PostEnd(std::move(callbacks), NotConfigured(stage));
    return;
  }
  CallGate::Pass pass = runtime_->gate.Enter();
  if (!pass) {
    PostEnd(std::move(callbacks),
            absl::UnavailableError("the orchestrator is stopping"));
    return;
  }
  calls_.Start({std::move(pass), replicas->Channel(address), std::move(request),
                std::move(options), std::move(callbacks)});
}

void GrpcFleet::Cancel(absl::string_view stage, const std::string& address,
                       v1::CancelRequest request) {
  StageReplicas* replicas = Find(stage);
  CallGate::Pass pass = runtime_->gate.Enter();
  if (replicas == nullptr || !pass) return;
  const std::shared_ptr<ReplicaChannel> channel = replicas->Channel(address);
  CallUnary<v1::CancelResponse>(
      runtime_->options.cancel_timeout,
      [&](auto* context, auto* response, auto done) {
        channel->stage().async()->Cancel(context, &request, response,
                                         std::move(done));
      },
      [address, id = request.execution_id(),
       pass = std::move(pass)](const absl::StatusOr<v1::CancelResponse>& end) {
        if (end.ok()) return;
        Log(LogLevel::kWarning, "replica did not take a cancellation",
            {{"execution", id}, {"replica", address}, {"error", end.status()}});
      });
}

absl::StatusOr<v1::StageDescription> GrpcFleet::Describe(
    absl::string_view stage) {
  const StageReplicas* replicas = Find(stage);
  if (replicas == nullptr) return NotConfigured(stage);
  return replicas->Describe();
}

absl::Status GrpcFleet::CheckServing(absl::string_view stage) {
  const StageReplicas* replicas = Find(stage);
  if (replicas == nullptr) return NotConfigured(stage);
  return replicas->CheckServing();
}

std::vector<v1::StageStatus> GrpcFleet::ListStages() {
  std::vector<v1::StageStatus> all;
  for (const std::string& name : names_) all.push_back(Find(name)->Status());
  return all;
}

void GrpcFleet::SetCapacityListener(
    std::function<void(const std::string&)> listener) {
  runtime_->listener = std::move(listener);
}

void GrpcFleet::Shutdown() {
  runtime_->gate.Close();
  for (const auto& [name, stage] : stages_) stage->Stop();
  calls_.Detach();
  runtime_->gate.AwaitEmpty();
}

StageReplicas* GrpcFleet::Find(absl::string_view stage) const {
  const auto found = stages_.find(stage);
  return found == stages_.end() ? nullptr : found->second.get();
}

absl::Status GrpcFleet::NotConfigured(absl::string_view stage) const {
  return NoSuchStage(stage, names_);
}

void GrpcFleet::PostEnd(ExecutionCallbacks callbacks, absl::Status end) {
  runtime_->timers.Schedule(absl::ZeroDuration(),
                            [on_end = std::move(callbacks.on_end),
                             end = std::move(end)] { on_end(end); });
}

}  // namespace stagecoach
