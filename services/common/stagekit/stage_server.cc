#include "services/common/stagekit/stage_server.h"

#include <grpcpp/impl/service_type.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/clock.h"
#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/version.h"
#include "services/common/contract/description.h"

namespace stagecoach {
namespace {

// Calls that are left when every execution has ended have only their last
// message to send.
constexpr absl::Duration kLastMessages = absl::Seconds(1);

v1::StageDescription WithBuildId(v1::StageDescription description) {
  description.set_build_id(BuildId());
  return description;
}

}  // namespace

absl::Status StageServerOptions::Validate() const {
  SC_RETURN_IF_ERROR(serve.Validate());
  if (serve.volumes.empty()) {
    return absl::InvalidArgumentError(
        "--volume: a stage needs at least one, for example "
        "--volume=artifacts=/mnt/artifacts");
  }
  return WithContext(service.Validate(), "flags of the stage");
}

absl::StatusOr<std::unique_ptr<StageServer>> StageServer::Start(
    std::unique_ptr<Stage> stage, StageServerOptions options) {
  SC_RETURN_IF_ERROR(ValidateDescription(stage->Describe()),
                     "description of the stage");
  std::unique_ptr<StageServer> server(
      new StageServer(std::move(stage), std::move(options)));
  SC_RETURN_IF_ERROR(server->Listen());
  return server;
}

StageServer::StageServer(std::unique_ptr<Stage> stage,
                         StageServerOptions options)
    : options_(std::move(options)),
      metrics_(std::make_shared<ProcessMetrics>(stage->Describe().name())),
      stage_(std::move(stage)) {}

absl::Status StageServer::Listen() {
  prometheus::Registry& registry = metrics_->registry();
  stage_->RegisterMetrics(registry);
  SC_ASSIGN_OR_RETURN(volumes_, OpenVolumes(options_.serve.volumes, registry));
  store_ = std::make_unique<ArtifactStore>(volumes_, registry);
  timers_ = std::make_unique<TimerQueue>(Clock::Real());
  service_ = std::make_unique<StageService>(
      *stage_, WithBuildId(stage_->Describe()), options_.service,
      StageServiceDependencies{*store_, volumes_, *timers_, Clock::Real(),
                               registry});
  sessions_ = std::make_unique<SessionService>(*service_);
  std::vector<grpc::Service*> services = {service_.get(), sessions_.get()};
  if (options_.make_service != nullptr) {
    own_service_ = options_.make_service(*store_, registry);
    services.push_back(own_service_.get());
  }
  RpcServerOptions rpc;
  rpc.listen_address = options_.serve.listen_address;
  SC_ASSIGN_OR_RETURN(server_, RpcServer::Start(rpc, services, registry));
  SC_ASSIGN_OR_RETURN(
      metrics_endpoint_,
      MetricsEndpoint::Start(options_.serve.metrics_listen_address, metrics_));
  endpoints_ = {getpid(), server_->address(), metrics_endpoint_->address(),
                /*http=*/""};
  watchdog_ = std::make_unique<VolumeWatchdog>(
      volumes_, options_.watchdog, Clock::Real(), *timers_, registry,
      [this](absl::string_view volume, const VolumeState& state) {
        OnVolumeChange(volume, state);
      });
  return absl::OkStatus();
}

void StageServer::OnVolumeChange(absl::string_view volume,
                                 const VolumeState& state) {
  volume_states_[std::string(volume)] = state;
  for (const auto& [name, files] : volumes_) {
    const auto known = volume_states_.find(name);
    if (known == volume_states_.end()) return;  // its first probe is to come
    if (!known->second.up) {
      SetReady(false, absl::StrCat("volume '", name,
                                   "' is down: ", known->second.reason));
      return;
    }
  }
  SetReady(true, "every volume answers");
}

void StageServer::SetReady(bool ready, const std::string& reason) {
  server_->SetServing(ready, reason);
  service_->metrics().SetReady(ready);
  if (!ready || was_ready_) return;
  was_ready_ = true;
  if (options_.serve.endpoints_file.empty()) return;
  const absl::Status written =
      WriteEndpointsFile(options_.serve.endpoints_file, endpoints_);
  if (!written.ok()) {
    Log(LogLevel::kError, "cannot say where it listens", {{"error", written}});
  }
}

bool StageServer::Stop() {
  if (std::exchange(stopped_, true) || watchdog_ == nullptr) return true;
  watchdog_.reset();  // nobody else sets readiness from here on
  SetReady(false, "stopping");
  service_->StopAdmitting();
  bool idle = service_->AwaitIdle(options_.serve.drain_timeout);
  if (!idle) {
    Log(LogLevel::kWarning, "executions are told to save their work and end",
        {{"running", service_->running()}});
    service_->StopRunning();
    idle = service_->AwaitIdle(options_.stop_timeout);
  }
  sessions_->Shutdown();
  server_->Shutdown(kLastMessages);
  if (!service_->AwaitLogs(kLastMessages)) {
    Log(LogLevel::kError, "logs cannot be written; ending without them");
    idle = false;
  }
  if (!idle) {
    Log(LogLevel::kError, "executions do not end; ending without them",
        {{"running", service_->running()}});
  }
  return idle;
}

StageServer::~StageServer() { Stop(); }

}  // namespace stagecoach
