#include "orchestrator/api/http/http_call.h"

#include "orchestrator/api/http/http_errors.h"
#include "orchestrator/api/http/json_request.h"
#include "services/common/base/trace_parent.h"

namespace stagecoach {

bool ReadRequest(const HttpCall& call, absl::string_view json,
                 absl::string_view json_field,
                 google::protobuf::Message& message) {
  const absl::Status parsed =
      ParseRequest({.body = json,
                    .body_field = json_field,
                    .path_fields = call.path_fields,
                    .query = call.exchange->request().query},
                   message);
  if (!parsed.ok()) AnswerError(*call.exchange, parsed);
  return parsed.ok();
}

void PassOnHeaders(const HttpRequest& request, grpc::ClientContext& context) {
  const std::string trace_parent = request.header(kTraceParentHeader);
  // What is malformed may not even be fit for metadata.
  if (!ParseTraceParent(trace_parent).has_value()) return;
  context.AddMetadata(kTraceParentHeader, trace_parent);
}

void AnswerError(HttpExchange& exchange, const absl::Status& error) {
  exchange.Answer(ErrorResponse(error));
}

}  // namespace stagecoach
