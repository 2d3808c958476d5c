// Serves HTTP/1.1: connections, limits and stopping. What is answered is its
// handler's business.

#ifndef ORCHESTRATOR_API_HTTP_HTTP_SERVER_H_
#define ORCHESTRATOR_API_HTTP_HTTP_SERVER_H_

#include <microhttpd.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/api/http/http_exchange.h"

namespace stagecoach {

struct HttpServerOptions {
  // `host:port`; port 0 lets the kernel choose.
  std::string listen_address = "127.0.0.1:0";
  // Connections at once; further ones wait to be accepted. As many as half of
  // the files that the process may open at most.
  int max_connections = 4096;
  // A connection on which nothing moves for so long is closed, unless it waits
  // for us; whole seconds, >= 1.
  absl::Duration idle_timeout = absl::Seconds(60);
};

// One thread serves all connections, so that a client that is slow, silent or
// waits for events for days costs a little memory, and holds up nobody.
//
// Threads: every method may be called from any thread, but Stop and the
//          destructor not from a callback of an exchange.
class HttpServer {
 public:
  // Is called when the headers of a request have come, on the server's thread,
  // and must not block. Says what becomes of the body; may answer at once.
  using Handler = std::function<HttpBodyRules(
      const std::shared_ptr<HttpExchange>& exchange)>;

  // Errors as of RpcServer::Start.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const HttpServerOptions& options, Handler handler);

  // As Stop(0).
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // `host:port` with the port that was bound.
  const std::string& address() const { return address_; }

  // Takes no new connection and answers no new request but as UNAVAILABLE.
  void StopAccepting();

  // StopAccepting; gives exchanges `drain` to end, then ends them, and closes
  // all connections. Safe to repeat.
  void Stop(absl::Duration drain);

 private:
  explicit HttpServer(Handler handler) : handler_(std::move(handler)) {}

  static MHD_Result OnRequest(void* self, MHD_Connection* connection,
                              const char* path, const char* method,
                              const char* version, const char* body,
                              size_t* body_size, void** exchange);
  static void OnCompleted(void* self, MHD_Connection* connection,
                          void** exchange, MHD_RequestTerminationCode reason);

  MHD_Result Begin(MHD_Connection* connection, const char* path,
                   const char* method, void** exchange);
  static MHD_Result Continue(HttpExchange& exchange);
  bool NoneOpenLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return open_.empty();
  }

  const Handler handler_;
  std::string address_;
  MHD_Daemon* daemon_ = nullptr;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int quiesced_socket_ ABSL_GUARDED_BY(mutex_) = -1;
  std::set<std::shared_ptr<HttpExchange>> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_HTTP_SERVER_H_
