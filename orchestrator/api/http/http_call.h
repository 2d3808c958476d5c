// What every answer to a request over HTTP needs.

#ifndef ORCHESTRATOR_API_HTTP_HTTP_CALL_H_
#define ORCHESTRATOR_API_HTTP_HTTP_CALL_H_

#include <google/protobuf/message.h>
#include <grpcpp/client_context.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orchestrator/api/http/http_exchange.h"

namespace stagecoach {

// One request on its way to an answer.
struct HttpCall {
  std::shared_ptr<HttpExchange> exchange;
  // From the path.
  std::map<std::string, std::string> path_fields;
};

// How long a call with one response may take, and one that goes on as long as a
// run or a client does.
inline constexpr absl::Duration kUnaryTimeout = absl::Minutes(1);
inline constexpr absl::Duration kStreamTimeout = absl::Hours(25);

// Puts `message` together from path, query and `json`, which stands for its
// field `json_field` or, if that is empty, for the whole of it. False if that
// fails, as of ParseRequest; the error has been answered.
bool ReadRequest(const HttpCall& call, absl::string_view json,
                 absl::string_view json_field,
                 google::protobuf::Message& message);

// Passes on what the client says beside the request: its trace.
void PassOnHeaders(const HttpRequest& request, grpc::ClientContext& context);

void AnswerError(HttpExchange& exchange, const absl::Status& error);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_HTTP_CALL_H_
