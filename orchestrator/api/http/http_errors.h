// Statuses as HTTP answers.

#ifndef ORCHESTRATOR_API_HTTP_HTTP_ERRORS_H_
#define ORCHESTRATOR_API_HTTP_HTTP_ERRORS_H_

#include <string>

#include "absl/status/status.h"
#include "orchestrator/api/http/http_message.h"

namespace stagecoach {

// The HTTP status that google.rpc.Code maps `code` to, e.g. 404 for NOT_FOUND.
int HttpStatusOf(absl::StatusCode code);

// `{"error":{"code":"NOT_FOUND","message":"…"}}`.
std::string ErrorBody(const absl::Status& error);

// An answer with both. UNAVAILABLE and RESOURCE_EXHAUSTED carry Retry-After if
// the status has a retry hint.
HttpResponse ErrorResponse(const absl::Status& error);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_HTTP_ERRORS_H_
