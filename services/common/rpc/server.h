// The one place that sets up a gRPC server, so that every program listens,
// limits, reports and stops in the same way.
//
//   SC_ASSIGN_OR_RETURN(auto server,
//                       RpcServer::Start(options, {&service}, registry));
//   server->SetServing(true, "volumes are mounted");
//   stop.Wait();
//   server->SetServing(false, "SIGTERM");
//   … let the work end …
//   server->Shutdown(options.drain_timeout);

#ifndef SERVICES_COMMON_RPC_SERVER_H_
#define SERVICES_COMMON_RPC_SERVER_H_

#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
class Server;
class Service;
}  // namespace grpc

namespace stagecoach {

class HealthService;
class RpcMetrics;

struct RpcServerOptions {
  // `host:port`; port 0 lets the kernel choose. No two servers share a port.
  std::string listen_address = "0.0.0.0:50051";

  // Largest message taken, 1 KiB to 1 GiB, in bytes. A larger one ends its call
  // as RESOURCE_EXHAUSTED before the service sees it.
  int max_receive_bytes = 4 << 20;

  // INVALID_ARGUMENT naming the field.
  absl::Status Validate() const;
};

// Name of a service of the health protocol that serves from the start of every
// server to its Shutdown, whatever its volumes do: for liveness probes, which
// end a process that does not answer.
inline constexpr char kLivenessService[] = "liveness";

// A running server: the given services, health, reflection, and metrics of all
// RPCs under `grpc_server_…`. Clients may ping every 5 s, also without calls.
//
// Threads:   every method may be called from any thread.
// Ownership: the services and the registry must outlive it.
class RpcServer {
 public:
  // Listens. Health says NOT_SERVING until SetServing. The services must use
  // the callback API.
  //   INVALID_ARGUMENT     an option is out of range, or the host has no
  //                        address.
  //   FAILED_PRECONDITION  the address is in use or not this machine's.
  //   PERMISSION_DENIED    the port is not allowed.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(
      const RpcServerOptions& options,
      const std::vector<grpc::Service*>& services,
      prometheus::Registry& registry);

  // As Shutdown(0).
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // `host:port` with the port that was bound.
  const std::string& address() const { return address_; }

  // Sets the health of the server as a whole and of every service, and logs
  // changes with the reason.
  void SetServing(bool serving, absl::string_view reason);

  // Sets the health of one service, by its full name, alone.
  void SetServing(const std::string& service, bool serving,
                  absl::string_view reason);

  // Stops: health says NOT_SERVING, no new call is taken, calls that run may
  // end within `drain`, then they are cancelled. Returns once all have ended,
  // so a service must end its streams, at the latest when they are cancelled.
  // Safe to repeat.
  void Shutdown(absl::Duration drain);

 private:
  RpcServer();

  void UseServices(const std::vector<std::string>& names);

  std::string address_;
  std::unique_ptr<RpcMetrics> metrics_;
  std::unique_ptr<HealthService> health_;
  std::vector<std::string> services_;     // full names
  std::unique_ptr<grpc::Server> server_;  // last: it uses the others
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_SERVER_H_
