// A whole stage process but for its flags and signals: volumes, service, gRPC
// server, health and metrics, started and stopped in order.

#ifndef SERVICES_COMMON_STAGEKIT_STAGE_SERVER_H_
#define SERVICES_COMMON_STAGEKIT_STAGE_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/volume_map.h"
#include "services/common/artifact/volume_watchdog.h"
#include "services/common/base/metrics.h"
#include "services/common/base/timer_queue.h"
#include "services/common/rpc/endpoints_file.h"
#include "services/common/rpc/metrics_endpoint.h"
#include "services/common/rpc/serve_options.h"
#include "services/common/rpc/server.h"
#include "services/common/stagekit/session_service.h"
#include "services/common/stagekit/stage.h"
#include "services/common/stagekit/stage_service.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace stagecoach {

// Makes a gRPC service that is served beside StageService, with the volumes
// and the metrics of the process, which outlive it. It must use the callback
// API, hand work that takes time to threads of its own (BoundedExecutor), and
// end its calls once they are cancelled; it is destroyed when all have ended.
using MakeService = std::function<std::unique_ptr<grpc::Service>(
    ArtifactStore& store, prometheus::Registry& registry)>;

struct StageServerOptions {
  // The flags of every server; at least one volume.
  ServeOptions serve;
  StageServiceOptions service;
  VolumeWatchdogOptions watchdog;
  // How long executions may take to save their work and end, once they are
  // told to after the drain time, > 0.
  absl::Duration stop_timeout = absl::Seconds(10);
  // A service of the stage's own; null: it has none.
  MakeService make_service;

  // INVALID_ARGUMENT naming the flag.
  absl::Status Validate() const;
};

// Serves once every volume has answered, and stops serving while one does not:
// then new work is not sent here, and what runs goes on.
//
// Threads: Stop may be called from one thread, once; `endpoints` from any.
class StageServer {
 public:
  // `options` must be valid.
  //   INVALID_ARGUMENT  the stage's description makes no sense.
  //   Otherwise as OpenVolumes, RpcServer::Start and MetricsEndpoint::Start.
  static absl::StatusOr<std::unique_ptr<StageServer>> Start(
      std::unique_ptr<Stage> stage, StageServerOptions options);

  // As Stop. Waits for executions without limit.
  ~StageServer();
  StageServer(const StageServer&) = delete;
  StageServer& operator=(const StageServer&) = delete;

  const Endpoints& endpoints() const { return endpoints_; }
  const prometheus::Collectable& metrics() const { return *metrics_; }

  // Design section 9: health says NOT_SERVING, new work is refused, what runs
  // may end within the drain time, is then told to save its work and give the
  // slot back, and the server shuts down. False if an execution did not end
  // within `stop_timeout` either, or a log cannot be written: the process
  // should end without destructors.
  bool Stop();

 private:
  StageServer(std::unique_ptr<Stage> stage, StageServerOptions options);

  absl::Status Listen();
  void OnVolumeChange(absl::string_view volume, const VolumeState& state);
  void SetReady(bool ready, const std::string& reason);

  const StageServerOptions options_;
  const std::shared_ptr<ProcessMetrics> metrics_;
  const std::unique_ptr<Stage> stage_;
  VolumeMap volumes_;
  Endpoints endpoints_;
  bool stopped_ = false;
  // Only touched by the timers' thread.
  std::map<std::string, VolumeState> volume_states_;
  bool was_ready_ = false;

  // Each uses those above it.
  std::unique_ptr<ArtifactStore> store_;
  std::unique_ptr<TimerQueue> timers_;
  std::unique_ptr<StageService> service_;
  std::unique_ptr<SessionService> sessions_;
  std::unique_ptr<grpc::Service> own_service_;  // may be null
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<MetricsEndpoint> metrics_endpoint_;
  std::unique_ptr<VolumeWatchdog> watchdog_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_STAGE_SERVER_H_
