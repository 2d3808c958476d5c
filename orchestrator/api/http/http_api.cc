#include "orchestrator/api/http/http_api.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/api/http/event_stream.h"
#include "orchestrator/api/http/http_errors.h"
#include "orchestrator/api/http/json_request.h"
#include "orchestrator/api/http/openapi.h"
#include "orchestrator/api/http/transfers.h"
#include "services/common/rpc/client_stream_call.h"
#include "services/common/rpc/client_unary_call.h"

namespace stagecoach {
namespace {

// As gRPC takes them.
constexpr int64_t kMaxMessageBytes = 4 << 20;

// A page of another site must not use the API by way of its visitor's browser,
// which says from where it comes.
bool IsFromAnotherSite(const HttpRequest& request) {
  const std::string origin = request.header("origin");
  const size_t host = origin.find("://");
  if (origin.empty()) return false;
  return host == std::string::npos ||
         origin.substr(host + 3) != request.header("host");
}

HttpResponse NotFound(const HttpRequest& request) {
  return ErrorResponse(absl::NotFoundError(
      absl::StrCat("there is nothing at ", request.path,
                   "; /v1/openapi.yaml says what there is")));
}

HttpResponse MethodNotAllowed(const HttpRequest& request,
                              const std::vector<std::string>& allowed) {
  const std::string methods = absl::StrJoin(allowed, ", ");
  HttpResponse response = ErrorResponse(absl::UnimplementedError(
      absl::StrCat(request.path, " does not take ", request.method,
                   "; it takes ", methods)));
  response.status = MHD_HTTP_METHOD_NOT_ALLOWED;
  response.headers.emplace_back(MHD_HTTP_HEADER_ALLOW, methods);
  return response;
}

HttpBodyRules AnswerWhenWhole(const HttpRoute& route, HttpCall call) {
  HttpBodyRules rules;
  rules.max_bytes = kMaxMessageBytes;
  rules.on_whole = [&route, call = std::move(call)] { route.answer(call); };
  return rules;
}

// Answers with the end of a unary call.
template <typename Response>
absl::AnyInvocable<void(absl::StatusOr<Response>)> AnswerWith(
    std::shared_ptr<HttpExchange> exchange) {
  return [exchange = std::move(exchange)](absl::StatusOr<Response> end) {
    if (end.ok()) {
      exchange->Answer(JsonResponse(*end));
    } else {
      AnswerError(*exchange, end.status());
    }
  };
}

}  // namespace

HttpApi::HttpApi(v1::Orchestrator::StubInterface& orchestrator,
                 TimerQueue& timers, HttpApiOptions options)
    : orchestrator_(orchestrator), timers_(timers), options_(options) {
  AddRunRoutes();
  AddPipelineRoutes();
  AddArtifactRoutes();
  Add({"GET", "/v1/openapi.yaml"}, [](const HttpCall& call) {
    HttpResponse response;
    response.content_type = "application/yaml";
    response.body = std::string(kOpenApi);
    call.exchange->Answer(std::move(response));
  });
  for (const HttpRoute& route : routes_) patterns_.push_back(route.pattern);
}

HttpBodyRules HttpApi::Handle(const std::shared_ptr<HttpExchange>& exchange) {
  const HttpRequest& request = exchange->request();
  HttpBodyRules rules;
  rules.max_bytes = kMaxMessageBytes;
  if (IsFromAnotherSite(request)) {
    AnswerError(*exchange,
                absl::PermissionDeniedError(
                    "the request comes from a page of another site"));
    return rules;
  }
  RouteLookup lookup = FindRoute(patterns_, request.method, request.path);
  if (lookup.found) {
    const HttpRoute& route = routes_[lookup.match.route];
    HttpCall call{exchange, std::move(lookup.match.fields)};
    return route.take_body ? route.take_body(call)
                           : AnswerWhenWhole(route, std::move(call));
  }
  exchange->Answer(lookup.allowed.empty()
                       ? NotFound(request)
                       : MethodNotAllowed(request, lookup.allowed));
  return rules;
}

void HttpApi::Add(RoutePattern pattern,
                  std::function<void(const HttpCall& call)> answer) {
  routes_.push_back({pattern, std::move(answer), nullptr});
}

template <typename Request, typename Response>
void HttpApi::AddUnary(
    RoutePattern pattern,
    void (v1::Orchestrator::StubInterface::async_interface::*method)(
        grpc::ClientContext*, const Request*, Response*,
        std::function<void(grpc::Status)>)) {
  Add(pattern, [this, method](const HttpCall& call) {
    Request request;
    if (!ReadRequest(call, call.exchange->body(), "", request)) return;
    CallUnary<Response>(
        kUnaryTimeout,
        [&](grpc::ClientContext* context, Response* response,
            std::function<void(grpc::Status)> done) {
          PassOnHeaders(call.exchange->request(), *context);
          (orchestrator_.async()->*method)(context, &request, response,
                                           std::move(done));
        },
        AnswerWith<Response>(call.exchange));
  });
}

void HttpApi::AddRunRoutes() {
  using Async = v1::Orchestrator::StubInterface::async_interface;
  Add({"POST", "/v1/runs"}, [this](const HttpCall& call) { CreateRun(call); });
  Add({"POST", "/v1/runs:execute"},
      [this](const HttpCall& call) { ExecuteRun(call); });
  AddUnary<v1::ListRunsRequest, v1::ListRunsResponse>({"GET", "/v1/runs"},
                                                      &Async::ListRuns);
  AddUnary<v1::GetRunRequest, v1::GetRunResponse>({"GET", "/v1/runs/{run_id}"},
                                                  &Async::GetRun);
  AddUnary<v1::DeleteRunRequest, v1::DeleteRunResponse>(
      {"DELETE", "/v1/runs/{run_id}"}, &Async::DeleteRun);
  AddUnary<v1::CancelRunRequest, v1::CancelRunResponse>(
      {"POST", "/v1/runs/{run_id}:cancel"}, &Async::CancelRun);
  AddUnary<v1::RetryRunRequest, v1::RetryRunResponse>(
      {"POST", "/v1/runs/{run_id}:retry"}, &Async::RetryRun);
  AddUnary<v1::PauseRunRequest, v1::PauseRunResponse>(
      {"POST", "/v1/runs/{run_id}:pause"}, &Async::PauseRun);
  AddUnary<v1::ResumeRunRequest, v1::ResumeRunResponse>(
      {"POST", "/v1/runs/{run_id}:resume"}, &Async::ResumeRun);
  AddUnary<v1::ExplainRunRequest, v1::ExplainRunResponse>(
      {"GET", "/v1/runs/{run_id}/explanation"}, &Async::ExplainRun);
  AddUnary<v1::CollectGarbageRequest, v1::CollectGarbageResponse>(
      {"POST", "/v1/runs:collectGarbage"}, &Async::CollectGarbage);
  AddUnary<v1::ListArtifactsRequest, v1::ListArtifactsResponse>(
      {"GET", "/v1/runs/{run_id}/artifacts"}, &Async::ListArtifacts);
  Add({"GET", "/v1/runs/{run_id}/events"}, [this](const HttpCall& call) {
    StreamEvents(call, orchestrator_, timers_);
  });
  Add({"GET", "/v1/runs/{run_id}/steps/{step}/log"},
      [this](const HttpCall& call) { SendLog(call, orchestrator_); });
}

void HttpApi::AddPipelineRoutes() {
  using Async = v1::Orchestrator::StubInterface::async_interface;
  AddUnary<v1::ListPipelinesRequest, v1::ListPipelinesResponse>(
      {"GET", "/v1/pipelines"}, &Async::ListPipelines);
  AddUnary<v1::GetPipelineRequest, v1::GetPipelineResponse>(
      {"GET", "/v1/pipelines/{name}"}, &Async::GetPipeline);
  Add({"POST", "/v1/pipelines"},
      [this](const HttpCall& call) { ApplyPipeline(call); });
  AddUnary<v1::ListStagesRequest, v1::ListStagesResponse>({"GET", "/v1/stages"},
                                                          &Async::ListStages);
}

void HttpApi::AddArtifactRoutes() {
  using Async = v1::Orchestrator::StubInterface::async_interface;
  AddUnary<v1::GetLineageRequest, v1::GetLineageResponse>(
      {"GET", "/v1/artifacts/lineage"}, &Async::GetLineage);
  AddUnary<v1::PinArtifactRequest, v1::PinArtifactResponse>(
      {"POST", "/v1/artifacts:pin"}, &Async::PinArtifact);
  Add({"GET", "/v1/artifacts/content"},
      [this](const HttpCall& call) { SendArtifact(call, orchestrator_); });
  const auto take_body = [this](const HttpCall& call) {
    return ReceiveUpload(call, orchestrator_, options_.max_upload_bytes);
  };
  routes_.push_back({{"POST", "/v1/artifacts"}, nullptr, take_body});
  routes_.push_back({{"PUT", "/v1/artifacts/{file_name}"}, nullptr, take_body});
}

void HttpApi::CreateRun(const HttpCall& call) {
  v1::CreateRunRequest request;
  if (!ReadRequest(call, call.exchange->body(), "run", request)) return;
  CallUnary<v1::CreateRunResponse>(
      kUnaryTimeout,
      [&](grpc::ClientContext* context, v1::CreateRunResponse* response,
          std::function<void(grpc::Status)> done) {
        PassOnHeaders(call.exchange->request(), *context);
        orchestrator_.async()->CreateRun(context, &request, response,
                                         std::move(done));
      },
      [exchange = call.exchange](absl::StatusOr<v1::CreateRunResponse> end) {
        if (!end.ok()) {
          AnswerError(*exchange, end.status());
          return;
        }
        const bool created = !end->run().id().empty();
        HttpResponse response =
            JsonResponse(*end, created ? MHD_HTTP_CREATED : MHD_HTTP_OK);
        if (created) {
          response.headers.emplace_back(
              MHD_HTTP_HEADER_LOCATION,
              absl::StrCat("/v1/runs/", end->run().id()));
        }
        exchange->Answer(std::move(response));
      });
}

void HttpApi::ExecuteRun(const HttpCall& call) {
  v1::ExecuteRunRequest request;
  if (!ReadRequest(call, call.exchange->body(), "run", request)) return;
  request.set_without_events(true);
  ClientStreamCall<v1::ExecuteRunResponse>::Start(
      kStreamTimeout,
      [&](auto* context, auto* reactor) {
        PassOnHeaders(call.exchange->request(), *context);
        orchestrator_.async()->ExecuteRun(context, &request, reactor);
      },
      [exchange = call.exchange](const v1::ExecuteRunResponse& report) {
        if (!report.has_ended()) return;
        v1::GetRunResponse ended;
        *ended.mutable_run() = report.ended();
        exchange->Answer(JsonResponse(ended));
      },
      [exchange = call.exchange](const absl::Status& end) {
        AnswerError(*exchange, end);  // unless it was answered
      });
}

void HttpApi::ApplyPipeline(const HttpCall& call) {
  v1::ApplyPipelineRequest request;
  const bool is_json = absl::StrContains(
      call.exchange->request().header("content-type"), "json");
  const std::string& body = call.exchange->body();
  if (!ReadRequest(call, is_json ? body : "", "", request)) return;
  if (!is_json) request.set_yaml(body);
  CallUnary<v1::ApplyPipelineResponse>(
      kUnaryTimeout,
      [&](grpc::ClientContext* context, v1::ApplyPipelineResponse* response,
          std::function<void(grpc::Status)> done) {
        orchestrator_.async()->ApplyPipeline(context, &request, response,
                                             std::move(done));
      },
      AnswerWith<v1::ApplyPipelineResponse>(call.exchange));
}

}  // namespace stagecoach
