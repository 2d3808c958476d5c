#include "services/common/rpc/metrics_endpoint.h"

#include <CivetServer.h>
#include <netdb.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>

#include <exception>
#include <utility>
#include <vector>

#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/listen_address.h"

namespace stagecoach {
namespace {

// One for a slow reader, one for the next.
constexpr char kThreads[] = "2";

// The server library prints its errors to stderr unless told otherwise; what a
// user has to know is in the status.
int WriteToOurLog(const mg_connection*, const char* message) {
  Log(LogLevel::kDebug, message, {{"source", "civetweb"}});
  return 1;
}

// The library takes numbers only. A name that cannot be resolved is left to
// ExplainListenFailure.
std::string Resolve(const std::string& host) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return host;
  char number[NI_MAXHOST] = {};
  getnameinfo(found->ai_addr, found->ai_addrlen, number, sizeof(number),
              nullptr, 0, NI_NUMERICHOST);
  freeaddrinfo(found);
  return number;
}

// Null if it cannot listen. The library throws then, and only then.
std::unique_ptr<prometheus::Exposer> Listen(const ListenAddress& address) {
  static const CivetCallbacks& callbacks = *[] {
    auto* created = new CivetCallbacks;
    created->log_message = WriteToOurLog;
    return created;
  }();
  const ListenAddress number{Resolve(address.host), address.port};
  try {
    return std::make_unique<prometheus::Exposer>(
        std::vector<std::string>{"listening_ports", number.ToString(),
                                 "num_threads", kThreads},
        &callbacks);
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const std::string& listen_address,
    const std::shared_ptr<prometheus::Collectable>& metrics) {
  SC_ASSIGN_OR_RETURN(ListenAddress address,
                      ParseListenAddress(listen_address));
  std::unique_ptr<prometheus::Exposer> exposer = Listen(address);
  if (exposer == nullptr) return ExplainListenFailure(address);
  exposer->RegisterCollectable(metrics);
  address.port = exposer->GetListeningPorts().front();
  return std::unique_ptr<MetricsEndpoint>(
      new MetricsEndpoint(std::move(exposer), address.ToString()));
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<prometheus::Exposer> exposer,
                                 std::string address)
    : exposer_(std::move(exposer)), address_(std::move(address)) {}

MetricsEndpoint::~MetricsEndpoint() = default;

}  // namespace stagecoach
