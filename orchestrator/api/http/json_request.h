// Requests of the API as they come over HTTP: a JSON body, fields in the path
// and fields in the query, put together into one message. Pure.

#ifndef ORCHESTRATOR_API_HTTP_JSON_REQUEST_H_
#define ORCHESTRATOR_API_HTTP_JSON_REQUEST_H_

#include <google/protobuf/message.h>

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "orchestrator/api/http/http_message.h"

namespace stagecoach {

// What a request is made from.
struct JsonParts {
  // In protobuf's JSON mapping, field names as in the protos or in camel case;
  // empty: no fields.
  absl::string_view body = {};
  // The field of the message that the body stands for; empty: the message.
  absl::string_view body_field = {};
  // Fields from the path; they win over those of the query, and these over the
  // body's.
  std::map<std::string, std::string> path_fields = {};
  std::vector<std::pair<std::string, std::string>> query = {};
};

// Fills `message`. Values of parameters may also be given as plain JSON:
// `{"epochs": 50}` for `{"epochs": {"integerValue": 50}}`.
//
// INVALID_ARGUMENT naming what is wrong: not JSON, a field that there is not
// (with the nearest one), a value of another type.
absl::Status ParseRequest(const JsonParts& parts,
                          google::protobuf::Message& message);

// The message in protobuf's JSON mapping, on one line.
std::string JsonOf(const google::protobuf::Message& message);

// JsonOf as an answer.
HttpResponse JsonResponse(const google::protobuf::Message& message,
                          int status = 200);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_JSON_REQUEST_H_
