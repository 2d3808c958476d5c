#include "orchestrator/api/http/http_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/api/http/http_errors.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/listen_address.h"

namespace stagecoach {
namespace {

// Headers of a request, and what is read or written at once.
constexpr size_t kConnectionMemory = 128 << 10;
// How much of a body that was refused is taken all the same.
constexpr int64_t kMaxDroppedBytes = 64 << 20;
// Exchanges that were ended by force have only their last bytes to send.
constexpr absl::Duration kLastBytes = absl::Milliseconds(500);

absl::Status Stopping() {
  return absl::UnavailableError("the orchestrator is stopping; try again");
}

// How many connections there may be: gRPC, stores and volumes need files, too.
int ConnectionLimit(int wanted) {
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return wanted;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  getrlimit(RLIMIT_NOFILE, &files);
  return static_cast<int>(
      std::min<rlim_t>(static_cast<rlim_t>(wanted), files.rlim_cur / 2));
}

// A socket that listens on `candidate`; -1 if it cannot.
int Listen(const addrinfo& candidate) {
  const int fd =
      socket(candidate.ai_family,
             candidate.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, candidate.ai_addr, candidate.ai_addrlen) == 0 &&
      listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

int PortOf(int fd) {
  sockaddr_storage name = {};
  socklen_t size = sizeof(name);
  getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.ss_family == AF_INET6
                   ? reinterpret_cast<sockaddr_in6*>(&name)->sin6_port
                   : reinterpret_cast<sockaddr_in*>(&name)->sin_port);
}

absl::StatusOr<int> Listen(ListenAddress& address) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  int fd = -1;
  if (getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(),
                  &hints, &found) == 0) {
    for (addrinfo* each = found; each != nullptr && fd < 0;
         each = each->ai_next) {
      fd = Listen(*each);
    }
    freeaddrinfo(found);
  }
  if (fd < 0) return ExplainListenFailure(address);
  address.port = PortOf(fd);
  return fd;
}

MHD_Result AddQuery(void* request, MHD_ValueKind, const char* name,
                    const char* value) {
  static_cast<HttpRequest*>(request)->query.emplace_back(
      name, value == nullptr ? "" : value);
  return MHD_YES;
}

MHD_Result AddHeader(void* request, MHD_ValueKind, const char* name,
                     const char* value) {
  static_cast<HttpRequest*>(request)->headers[absl::AsciiStrToLower(name)] =
      value == nullptr ? "" : value;
  return MHD_YES;
}

HttpRequest ReadRequest(MHD_Connection* connection, const char* path,
                        const char* method) {
  HttpRequest request;
  request.method = method;
  request.path = path;
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, AddQuery,
                            &request);
  MHD_get_connection_values(connection, MHD_HEADER_KIND, AddHeader, &request);
  return request;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const HttpServerOptions& options, Handler handler) {
  SC_ASSIGN_OR_RETURN(ListenAddress address,
                      ParseListenAddress(options.listen_address));
  SC_ASSIGN_OR_RETURN(const int fd, Listen(address));
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(handler)));
  server->address_ = address.ToString();
  server->daemon_ = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME,
      /*port=*/0, nullptr, nullptr, OnRequest, server.get(),
      MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, OnCompleted,
      server.get(), MHD_OPTION_CONNECTION_LIMIT,
      static_cast<unsigned>(ConnectionLimit(options.max_connections)),
      MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(absl::ToInt64Seconds(options.idle_timeout)),
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_END);
  if (server->daemon_ != nullptr) return server;
  close(fd);
  return absl::UnavailableError(
      absl::StrCat("cannot serve HTTP on ", address.ToString()));
}

HttpServer::~HttpServer() { Stop(absl::ZeroDuration()); }

MHD_Result HttpServer::OnRequest(void* self, MHD_Connection* connection,
                                 const char* path, const char* method,
                                 const char* /*version*/, const char* body,
                                 size_t* body_size, void** exchange) {
  if (*exchange == nullptr) {
    return static_cast<HttpServer*>(self)->Begin(connection, path, method,
                                                 exchange);
  }
  auto& known = **static_cast<std::shared_ptr<HttpExchange>*>(*exchange);
  if (*body_size > 0) {
    known.ReceiveBody(absl::string_view(body, *body_size));
    *body_size = 0;
    return known.dropped_bytes_ > kMaxDroppedBytes ? MHD_NO : MHD_YES;
  }
  return Continue(known);
}

MHD_Result HttpServer::Begin(MHD_Connection* connection, const char* path,
                             const char* method, void** exchange) {
  auto begun = std::make_shared<HttpExchange>(
      connection, ReadRequest(connection, path, method));
  *exchange = new std::shared_ptr<HttpExchange>(begun);
  bool stopping = false;
  {
    absl::MutexLock lock(&mutex_);
    open_.insert(begun);
    stopping = stopping_;
  }
  if (stopping) {
    begun->Answer(ErrorResponse(Stopping()));
  } else {
    begun->SetRules(handler_(begun));
  }
  int64_t size = 0;
  const std::string length = begun->request().header("content-length");
  if (absl::SimpleAtoi(length, &size)) begun->CheckSize(size);
  // Most clients read no answer before they have sent all; but a large body
  // that nobody wants is not waited for.
  return begun->answered() && size > kMaxDroppedBytes ? begun->SendAnswer()
                                                      : MHD_YES;
}

MHD_Result HttpServer::Continue(HttpExchange& exchange) {
  if (!exchange.EndBody() || exchange.AwaitAnswer()) return MHD_YES;
  return exchange.SendAnswer();
}

void HttpServer::OnCompleted(void* self, MHD_Connection* /*connection*/,
                             void** exchange,
                             MHD_RequestTerminationCode /*reason*/) {
  auto* server = static_cast<HttpServer*>(self);
  const std::unique_ptr<std::shared_ptr<HttpExchange>> ended(
      static_cast<std::shared_ptr<HttpExchange>*>(*exchange));
  *exchange = nullptr;
  if (ended == nullptr) return;
  (*ended)->Close();
  absl::MutexLock lock(&server->mutex_);
  server->open_.erase(*ended);
}

void HttpServer::StopAccepting() {
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  const int fd = MHD_quiesce_daemon(daemon_);
  absl::MutexLock lock(&mutex_);
  quiesced_socket_ = fd;
}

void HttpServer::Stop(absl::Duration drain) {
  if (daemon_ == nullptr) return;
  StopAccepting();
  std::set<std::shared_ptr<HttpExchange>> left;
  {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(this, &HttpServer::NoneOpenLocked),
                            drain);
    left = open_;
  }
  // From here on none can be suspended, as the library demands.
  for (const auto& exchange : left) {
    exchange->Answer(ErrorResponse(Stopping()));
    exchange->Finish(/*whole=*/false);
  }
  left.clear();
  {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(this, &HttpServer::NoneOpenLocked),
                            kLastBytes);
  }
  MHD_stop_daemon(std::exchange(daemon_, nullptr));
  absl::MutexLock lock(&mutex_);
  if (quiesced_socket_ >= 0) close(std::exchange(quiesced_socket_, -1));
}

}  // namespace stagecoach
