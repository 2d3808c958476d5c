#include "orchestrator/api/orchestrator_server.h"

#include <grpcpp/channel.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "orchestrator/api/pipeline_files.h"
#include "orchestrator/fleet/stage_addresses.h"
#include "orchestrator/store/open_store.h"
#include "services/common/base/backoff.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/listen_address.h"

namespace stagecoach {
namespace {

// Threads for what may wait for store or volume, and how much of it may wait
// its turn.
constexpr int kApiThreads = 4;
constexpr int kApiQueue = 4096;

// The same for what waits for a volume, of which each call has at most one:
// pieces of files, and whether the inputs of a run are there.
constexpr int kTransferThreads = 8;
constexpr int kTransferQueue = 4096;

// As many steps may be looked up at once; further ones do the work.
constexpr int kCacheThreads = 2;
constexpr int kCacheQueue = 1024;

constexpr absl::Duration kForEver = absl::Hours(24 * 365 * 100);

// How long calls that are under way may take to end once the engine has
// stopped: none waits for anything any more.
constexpr absl::Duration kCallDrain = absl::Seconds(2);

// How long clients may take to read answers that are there.
constexpr absl::Duration kLastAnswers = absl::Seconds(1);

// What all that takes at most if nothing hangs; no drain time is shorter.
constexpr absl::Duration kLeastGrace = absl::Seconds(5);

// How long the first look at the stages and at the volumes, each, may hold up
// the start: those that do not answer are found later.
constexpr absl::Duration kContactLimit = absl::Seconds(2);

int Unended(const std::unique_ptr<BoundedExecutor>& executor) {
  return executor == nullptr ? 0 : executor->in_flight();
}

}  // namespace

absl::Status OrchestratorOptions::Validate() const {
  SC_RETURN_IF_ERROR(serve.Validate());
  if (!http_listen_address.empty()) {
    SC_RETURN_IF_ERROR(ParseListenAddress(http_listen_address).status(),
                       "--http-listen");
  }
  if (serve.volumes.empty()) {
    return absl::InvalidArgumentError(
        "--volume is missing; it must name the volume that runs write to, "
        "e.g. --volume=artifacts=/mnt/artifacts");
  }
  SC_RETURN_IF_ERROR(lease.Validate(), "--lease");
  if (stages.empty()) {
    return absl::InvalidArgumentError(
        "--stage is missing; it must say where the replicas of a stage are, "
        "e.g. --stage=train=10.0.0.1:50051 or "
        "--stage=train=dns:///train:50051");
  }
  if (max_upload_bytes < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--max-upload-bytes is ", max_upload_bytes, "; it must be at least 1"));
  }
  SC_RETURN_IF_ERROR(retention.Validate());
  SC_RETURN_IF_ERROR(exporters.Validate());
  return ParseAllStageAddresses(stages).status();
}

OrchestratorServer::OrchestratorServer(OrchestratorOptions options)
    : options_(std::move(options)),
      metrics_(std::make_shared<ProcessMetrics>("orchestrator")),
      engine_metrics_(metrics_->registry()),
      gc_metrics_(metrics_->registry()) {}

OrchestratorServer::~OrchestratorServer() { Stop(); }

absl::StatusOr<std::unique_ptr<OrchestratorServer>> OrchestratorServer::Start(
    OrchestratorOptions options) {
  std::unique_ptr<OrchestratorServer> server(
      new OrchestratorServer(std::move(options)));
  SC_RETURN_IF_ERROR(server->OpenParts());
  SC_RETURN_IF_ERROR(server->Listen());
  return server;
}

absl::Status OrchestratorServer::CheckVolume(absl::string_view volume) const {
  const VolumeState state = watchdog_->State(volume);
  if (state.up) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("volume '", volume, "' does not answer: ", state.reason));
}

OperationsOptions OrchestratorServer::MakeOperationsOptions() const {
  OperationsOptions options;
  // In the order of the flags: the first is the default.
  for (const std::string& volume : options_.serve.volumes) {
    options.volumes.push_back(volume.substr(0, volume.find('=')));
  }
  options.accept_without_replicas = options_.scale_to_zero;
  options.max_upload_bytes = options_.max_upload_bytes;
  options.check_volume = [this](absl::string_view volume) {
    return CheckVolume(volume);
  };
  options.on_volume = [this](BoundedExecutor::Task task) {
    return transfers_->Submit(std::move(task));
  };
  if (exporters_->active()) {
    options.on_created = [this](CreatingCall call, const v1::Run& run) {
      exporters_->RunCreatedBy(std::move(call), run);
    };
  }
  return options;
}

absl::Status OrchestratorServer::OpenParts() {
  prometheus::Registry& registry = metrics_->registry();
  Clock& clock = Clock::Real();
  SC_ASSIGN_OR_RETURN(volumes_, OpenVolumes(options_.serve.volumes, registry));
  artifacts_ = std::make_unique<ArtifactStore>(volumes_, registry);
  timers_ = std::make_unique<TimerQueue>(clock);
  watchdog_ = std::make_unique<VolumeWatchdog>(
      volumes_, VolumeWatchdogOptions{}, clock, *timers_, registry,
      [](absl::string_view volume, const VolumeState& state) {
        Log(state.up ? LogLevel::kInfo : LogLevel::kError,
            state.up ? "volume answers" : "volume does not answer",
            {{"volume", volume}, {"reason", state.reason}});
      });
  SC_ASSIGN_OR_RETURN(store_, OpenStore(options_.store));
  if (!options_.pipelines.empty()) {
    SC_RETURN_IF_ERROR(ApplyPipelineFiles(options_.pipelines, *store_));
  }
  SC_ASSIGN_OR_RETURN(const std::vector<v1::Pipeline> pipelines,
                      store_->ListPipelines());
  for (const v1::Pipeline& pipeline : pipelines) {
    engine_metrics_.AddPipeline(pipeline.name());
  }
  SC_ASSIGN_OR_RETURN(const std::vector<StageAddresses> addresses,
                      ParseAllStageAddresses(options_.stages));
  for (const StageAddresses& stage : addresses) {
    engine_metrics_.AddStage(stage.stage);
  }
  GrpcFleetOptions fleet;
  fleet.sessions = !options_.call_each_execution;
  fleet_ = std::make_unique<GrpcFleet>(addresses, std::move(fleet), clock,
                                       *timers_, registry);
  cache_executor_ =
      std::make_unique<BoundedExecutor>("cache", kCacheThreads, kCacheQueue);
  cache_ = std::make_unique<StoreResultCache>(
      *store_, store_->coordination(), *fleet_, *artifacts_,
      [this](absl::string_view volume) { return CheckVolume(volume); },
      *cache_executor_);
  engine_ = std::make_unique<Engine>(*store_, *fleet_, *cache_, clock,
                                     engine_metrics_, RandomUnit);
  SC_RETURN_IF_ERROR(OpenExporters());
  fleet_->Start();
  SC_RETURN_IF_ERROR(TakeUpRuns());
  OpenRetention();
  operations_ = std::make_unique<Operations>(*store_, *engine_, *tails_,
                                             *fleet_, *artifacts_, *retention_,
                                             MakeOperationsOptions());
  executor_ = std::make_unique<BoundedExecutor>("api", kApiThreads, kApiQueue);
  transfers_ = std::make_unique<BoundedExecutor>("transfers", kTransferThreads,
                                                 kTransferQueue);
  service_ = std::make_unique<OrchestratorService>(*operations_, *executor_,
                                                   *transfers_);
  return absl::OkStatus();
}

absl::Status OrchestratorServer::TakeUpRuns() {
  tails_ = std::make_unique<RunTails>(*store_);
  CoordinationStore* const coordination = store_->coordination();
  if (coordination == nullptr) {
    // A lease that nobody can take needs no keeping. What the process before
    // this one has held is free, because this one has another name.
    const std::string holder =
        absl::StrCat(options_.lease.name, "-", RandomId(8));
    SC_RETURN_IF_ERROR(store_->RenewLease(holder, kForEver));
    engine_->UseLeases(*store_, holder);
    SC_RETURN_IF_ERROR(engine_->Recover());
    engine_->Start();
    return absl::OkStatus();
  }
  keeper_ = std::make_unique<LeaseKeeper>(*store_, *coordination, *engine_,
                                          Clock::Real(), options_.lease);
  SC_RETURN_IF_ERROR(keeper_->TakeLease());
  SC_RETURN_IF_ERROR(engine_->Recover());
  engine_->Start();
  keeper_->Start();
  store_->SetListener([this](absl::string_view run_id) {
    tails_->Changed(run_id);
    if (run_id.empty()) keeper_->Wake();
  });
  return absl::OkStatus();
}

absl::Status OrchestratorServer::OpenExporters() {
  SC_ASSIGN_OR_RETURN(
      exporters_, RunExporters::Open(options_.exporters, metrics_->registry()));
  if (!exporters_->active()) return absl::OkStatus();
  engine_->SetListener([this](const v1::Run& run, bool created,
                              const std::vector<v1::RunEvent>& events) {
    exporters_->RunChanged(run, created, events);
  });
  return absl::OkStatus();
}

void OrchestratorServer::OpenRetention() {
  Clock& clock = Clock::Real();
  collector_ = std::make_unique<GarbageCollector>(
      *store_, volumes_,
      [this](absl::string_view volume) { return CheckVolume(volume); }, clock,
      gc_metrics_);
  retention_ = std::make_unique<RetentionService>(
      *collector_, options_.retention, std::make_unique<TimerQueue>(clock),
      gc_metrics_);
  retention_->Start();
}

absl::Status OrchestratorServer::Listen() {
  RpcServerOptions rpc;
  rpc.listen_address = options_.serve.listen_address;
  SC_ASSIGN_OR_RETURN(
      server_, RpcServer::Start(rpc, {service_.get()}, metrics_->registry()));
  SC_ASSIGN_OR_RETURN(
      metrics_endpoint_,
      MetricsEndpoint::Start(options_.serve.metrics_listen_address, metrics_));
  endpoints_ = {.pid = getpid(),
                .grpc = server_->address(),
                .metrics = metrics_endpoint_->address(),
                .http = ""};
  if (!options_.http_listen_address.empty()) SC_RETURN_IF_ERROR(ListenHttp());
  fleet_->AwaitContact(kContactLimit);
  watchdog_->AwaitFirstProbes(kContactLimit);
  server_->SetServing(true, "runs are taken up");
  if (options_.serve.endpoints_file.empty()) return absl::OkStatus();
  return WriteEndpointsFile(options_.serve.endpoints_file, endpoints_);
}

absl::Status OrchestratorServer::ListenHttp() {
  // Over the loopback interface: gRPC's channel within a process loses the last
  // message of a stream now and then (1.51).
  stub_ = v1::Orchestrator::NewStub(
      MakeChannel(server_->address(), {.own_connection = true}));
  http_api_ = std::make_unique<HttpApi>(
      *stub_, *timers_,
      HttpApiOptions{.max_upload_bytes = options_.max_upload_bytes});
  SC_ASSIGN_OR_RETURN(
      http_server_,
      HttpServer::Start({.listen_address = options_.http_listen_address},
                        [this](const std::shared_ptr<HttpExchange>& exchange) {
                          return http_api_->Handle(exchange);
                        }));
  endpoints_.http = http_server_->address();
  return absl::OkStatus();
}

bool OrchestratorServer::Stop() {
  if (std::exchange(stopped_, true)) return true;
  if (server_ != nullptr) server_->SetServing(false, "stopping");
  if (http_server_ != nullptr) http_server_->StopAccepting();
  if (store_ != nullptr) store_->SetListener(nullptr);
  if (keeper_ != nullptr) keeper_->Stop();
  if (engine_ != nullptr) {
    engine_->Stop();
    engine_->feeds().Stop();
  }
  if (keeper_ != nullptr) keeper_->Release();
  if (tails_ != nullptr) tails_->Stop();
  if (exporters_ != nullptr) exporters_->Stop();
  // From here on a volume may be waited for.
  const auto ended = std::make_shared<absl::Notification>();
  std::thread rest([this, ended] {
    EndCalls();
    ended->Notify();
  });
  if (ended->WaitForNotificationWithTimeout(
          std::max(options_.serve.drain_timeout, kLeastGrace))) {
    rest.join();
    return true;
  }
  rest.detach();
  Log(LogLevel::kError,
      "calls wait for a volume that does not answer; ending without them",
      {{"calls", Unended(executor_) + Unended(transfers_)},
       {"look_ups", Unended(cache_executor_)}});
  return false;
}

void OrchestratorServer::EndCalls() {
  if (cache_executor_ != nullptr) cache_executor_->Shutdown();
  if (retention_ != nullptr) retention_->Stop();
  if (server_ != nullptr) server_->Shutdown(kCallDrain);
  if (http_server_ != nullptr) http_server_->Stop(kLastAnswers);
  if (executor_ != nullptr) executor_->Shutdown();
  if (transfers_ != nullptr) transfers_->Shutdown();
  if (fleet_ != nullptr) fleet_->Shutdown();
}

}  // namespace stagecoach
