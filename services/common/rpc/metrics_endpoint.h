// Serves metrics to Prometheus: `GET /metrics` over HTTP.

#ifndef SERVICES_COMMON_RPC_METRICS_ENDPOINT_H_
#define SERVICES_COMMON_RPC_METRICS_ENDPOINT_H_

#include <prometheus/collectable.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace stagecoach {

// Listens until it is destroyed, which takes a second if a client is connected
// that asks nothing.
//
// prometheus-cpp's own server is not used: it takes two seconds to stop.
//
// Threads: any; it has three of its own.
class MetricsEndpoint {
 public:
  // Listens on `listen_address`, `host:port`; port 0 lets the kernel choose.
  // Errors as of RpcServer::Start.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(
      const std::string& listen_address,
      std::shared_ptr<const prometheus::Collectable> metrics);

  ~MetricsEndpoint();
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

  // `host:port` with the port that was bound.
  const std::string& address() const { return address_; }

 private:
  MetricsEndpoint(std::unique_ptr<httplib::Server> server, std::string address);

  const std::unique_ptr<httplib::Server> server_;
  const std::string address_;
  std::thread thread_;  // last: started when the rest stands
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_METRICS_ENDPOINT_H_
