// Serves metrics to Prometheus: `GET /metrics` over HTTP.

#ifndef SERVICES_COMMON_RPC_METRICS_ENDPOINT_H_
#define SERVICES_COMMON_RPC_METRICS_ENDPOINT_H_

#include <prometheus/collectable.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace prometheus {
class Exposer;
}  // namespace prometheus

namespace stagecoach {

// Listens until it is destroyed.
//
// Threads: any; it has three of its own.
class MetricsEndpoint {
 public:
  // Listens on `listen_address`, `host:port`; port 0 lets the kernel choose.
  // `metrics` is held weakly: when its owner lets go of it, the answers become
  // empty. Errors as of RpcServer::Start.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(
      const std::string& listen_address,
      const std::shared_ptr<prometheus::Collectable>& metrics);

  ~MetricsEndpoint();
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

  // `host:port` with the port that was bound.
  const std::string& address() const { return address_; }

 private:
  MetricsEndpoint(std::unique_ptr<prometheus::Exposer> exposer,
                  std::string address);

  const std::unique_ptr<prometheus::Exposer> exposer_;
  const std::string address_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_METRICS_ENDPOINT_H_
