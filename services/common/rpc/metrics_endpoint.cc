#include "services/common/rpc/metrics_endpoint.h"

#include <httplib.h>
#include <sys/socket.h>

#include <utility>

#include "services/common/base/metrics.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/listen_address.h"

namespace stagecoach {
namespace {

constexpr char kTextFormat[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr int kAnsweringThreads = 2;  // one for a slow reader, one for the next
constexpr int kTimeoutSeconds = 1;

void Configure(httplib::Server& server,
               std::shared_ptr<const prometheus::Collectable> metrics) {
  // A kept connection would hold one of the few threads.
  server.set_keep_alive_max_count(1);
  server.set_keep_alive_timeout(kTimeoutSeconds);
  server.set_read_timeout(kTimeoutSeconds);
  server.new_task_queue = [] {
    return new httplib::ThreadPool(kAnsweringThreads);
  };
  // By default the port could be shared with another process.
  server.set_socket_options([](int socket) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  });
  server.Get("/metrics", [metrics = std::move(metrics)](
                             const httplib::Request&, httplib::Response& out) {
    out.set_content(RenderMetrics(*metrics), kTextFormat);
  });
}

// The port, or less than 1 if it cannot be bound.
int Bind(httplib::Server& server, const ListenAddress& address) {
  if (address.port == 0) return server.bind_to_any_port(address.host);
  return server.bind_to_port(address.host, address.port) ? address.port : 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const std::string& listen_address,
    std::shared_ptr<const prometheus::Collectable> metrics) {
  SC_ASSIGN_OR_RETURN(ListenAddress address,
                      ParseListenAddress(listen_address));
  auto server = std::make_unique<httplib::Server>();
  Configure(*server, std::move(metrics));
  const int port = Bind(*server, address);
  if (port < 1) return ExplainListenFailure(address);
  address.port = port;
  return std::unique_ptr<MetricsEndpoint>(
      new MetricsEndpoint(std::move(server), address.ToString()));
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<httplib::Server> server,
                                 std::string address)
    : server_(std::move(server)),
      address_(std::move(address)),
      thread_([this] { server_->listen_after_bind(); }) {}

MetricsEndpoint::~MetricsEndpoint() {
  // A stop before the thread has begun to listen would be lost.
  while (!server_->is_running()) std::this_thread::yield();
  server_->stop();
  thread_.join();
}

}  // namespace stagecoach
