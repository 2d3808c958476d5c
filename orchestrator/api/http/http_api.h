// The API of orchestrator.proto over HTTP and JSON: turns requests into calls
// of the gRPC API within the same process, and the answers back. No logic of
// its own, so that both faces cannot differ.

#ifndef ORCHESTRATOR_API_HTTP_HTTP_API_H_
#define ORCHESTRATOR_API_HTTP_HTTP_API_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/api/http/http_call.h"
#include "orchestrator/api/http/http_exchange.h"
#include "orchestrator/api/http/router.h"
#include "services/common/base/timer_queue.h"
#include "stagecoach/v1/orchestrator.grpc.pb.h"

namespace stagecoach {

struct HttpApiOptions {
  // The largest file that may be uploaded, in bytes; as OperationsOptions.
  int64_t max_upload_bytes = 0;
};

// What a route does with a request.
struct HttpRoute {
  RoutePattern pattern;
  // Answers, now or later; the body is whole.
  std::function<void(const HttpCall& call)> answer;
  // Or, if it is set: says what becomes of the body.
  std::function<HttpBodyRules(const HttpCall& call)> take_body;
};

// Threads:   any; nothing blocks.
// Ownership: `orchestrator` and `timers` must outlive the server that has the
//            handler, and the calls.
class HttpApi {
 public:
  HttpApi(v1::Orchestrator::StubInterface& orchestrator, TimerQueue& timers,
          HttpApiOptions options);

  // The handler of an HttpServer.
  HttpBodyRules Handle(const std::shared_ptr<HttpExchange>& exchange);

  // Every method and path there is.
  const std::vector<RoutePattern>& patterns() const { return patterns_; }

 private:
  void AddRunRoutes();
  void AddPipelineRoutes();
  void AddArtifactRoutes();
  void Add(RoutePattern pattern,
           std::function<void(const HttpCall& call)> answer);
  // A call with one response: its request is put together from path, query and
  // body.
  template <typename Request, typename Response>
  void AddUnary(
      RoutePattern pattern,
      void (v1::Orchestrator::StubInterface::async_interface::*method)(
          grpc::ClientContext*, const Request*, Response*,
          std::function<void(grpc::Status)>));

  void ExecuteRun(const HttpCall& call);
  void CreateRun(const HttpCall& call);
  void ApplyPipeline(const HttpCall& call);

  v1::Orchestrator::StubInterface& orchestrator_;
  TimerQueue& timers_;
  const HttpApiOptions options_;
  std::vector<HttpRoute> routes_;
  std::vector<RoutePattern> patterns_;  // of `routes_`
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_HTTP_API_H_
