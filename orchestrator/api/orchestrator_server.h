// A whole orchestrator process but for its flags and signals, started and
// stopped in order.

#ifndef ORCHESTRATOR_API_ORCHESTRATOR_SERVER_H_
#define ORCHESTRATOR_API_ORCHESTRATOR_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/api/http/http_api.h"
#include "orchestrator/api/http/http_server.h"
#include "orchestrator/api/operations.h"
#include "orchestrator/api/orchestrator_service.h"
#include "orchestrator/api/run_tails.h"
#include "orchestrator/cache/store_result_cache.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/lease_keeper.h"
#include "orchestrator/export/run_exporters.h"
#include "orchestrator/fleet/grpc_fleet.h"
#include "orchestrator/retention/retention_service.h"
#include "orchestrator/store/store.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/volume_map.h"
#include "services/common/artifact/volume_watchdog.h"
#include "services/common/base/bounded_executor.h"
#include "services/common/base/metrics.h"
#include "services/common/base/timer_queue.h"
#include "services/common/rpc/endpoints_file.h"
#include "services/common/rpc/metrics_endpoint.h"
#include "services/common/rpc/serve_options.h"
#include "services/common/rpc/server.h"

namespace stagecoach {

struct OrchestratorOptions {
  // The flags of every server; at least one volume.
  ServeOptions serve;
  // --store: as OpenStore takes it.
  std::string store = "sqlite:stagecoach.db";
  // --stage, repeated: as ParseAllStageAddresses takes them.
  std::vector<std::string> stages;
  // --pipelines: folder of pipelines to apply at the start; empty: none.
  std::string pipelines;
  // --name and --lease: how it shares a store with others.
  LeaseOptions lease;
  // --scale-to-zero: stages may have no replica while nothing is to do.
  bool scale_to_zero = false;
  // --call-each-execution: as GrpcFleetOptions::sessions, the other way round.
  bool call_each_execution = false;
  // --http-listen: `host:port` of the API over HTTP; port 0 lets the kernel
  // choose; empty: it is not served.
  std::string http_listen_address = "127.0.0.1:0";
  // --max-upload-bytes: as OperationsOptions.
  int64_t max_upload_bytes = OperationsOptions().max_upload_bytes;
  // --retention-…: which runs the orchestrator keeps by itself.
  RetentionOptions retention;
  // --openlineage, --otlp-endpoint: where runs are told about.
  RunExporterOptions exporters;

  // INVALID_ARGUMENT naming the flag.
  absl::Status Validate() const;
};

// Threads: one; Stop once.
class OrchestratorServer {
 public:
  // Opens store and volumes, takes up the runs that have not ended, and
  // serves. `options` must be valid. Errors as of OpenStore, OpenVolumes,
  // RpcServer::Start and MetricsEndpoint::Start.
  static absl::StatusOr<std::unique_ptr<OrchestratorServer>> Start(
      OrchestratorOptions options);

  // As Stop.
  ~OrchestratorServer();
  OrchestratorServer(const OrchestratorServer&) = delete;
  OrchestratorServer& operator=(const OrchestratorServer&) = delete;

  const Endpoints& endpoints() const { return endpoints_; }

  // Health says NOT_SERVING, HTTP takes no new connection, the engine commits
  // what is under way, watchers are sent to the next orchestrator, gRPC shuts
  // down, which ends what HTTP waits for, and then HTTP does. Executions go on
  // in their stages. Safe to repeat.
  //
  // False: calls or look-ups still wait, for longer than the drain time, for a
  // volume that does not answer. Nothing that was acknowledged is lost, but the
  // threads go on using the server: the process has to end without destroying
  // it.
  bool Stop();

 private:
  explicit OrchestratorServer(OrchestratorOptions options);

  absl::Status OpenParts();
  absl::Status TakeUpRuns();
  absl::Status OpenExporters();
  void OpenRetention();
  absl::Status Listen();
  absl::Status ListenHttp();
  void EndCalls();
  absl::Status CheckVolume(absl::string_view volume) const;
  OperationsOptions MakeOperationsOptions() const;

  const OrchestratorOptions options_;
  const std::shared_ptr<ProcessMetrics> metrics_;
  Endpoints endpoints_;
  bool stopped_ = false;

  // Each uses those above it.
  VolumeMap volumes_;
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<TimerQueue> timers_;
  std::unique_ptr<VolumeWatchdog> watchdog_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<GrpcFleet> fleet_;
  std::unique_ptr<BoundedExecutor> cache_executor_;
  std::unique_ptr<StoreResultCache> cache_;
  std::unique_ptr<RunExporters> exporters_;
  EngineMetrics engine_metrics_;
  GcMetrics gc_metrics_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<LeaseKeeper> keeper_;  // null: nobody shares the store
  std::unique_ptr<RunTails> tails_;
  std::unique_ptr<GarbageCollector> collector_;
  std::unique_ptr<RetentionService> retention_;
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<BoundedExecutor> executor_;
  std::unique_ptr<BoundedExecutor> transfers_;
  std::unique_ptr<OrchestratorService> service_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<MetricsEndpoint> metrics_endpoint_;
  std::unique_ptr<v1::Orchestrator::StubInterface> stub_;  // of ourselves
  std::unique_ptr<HttpApi> http_api_;
  std::unique_ptr<HttpServer> http_server_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_ORCHESTRATOR_SERVER_H_
