// openapi.yaml, built in.

#ifndef ORCHESTRATOR_API_HTTP_OPENAPI_H_
#define ORCHESTRATOR_API_HTTP_OPENAPI_H_

#include "absl/strings/string_view.h"

namespace stagecoach {

// The description of the API over HTTP, OpenAPI 3.1.
extern const absl::string_view kOpenApi;

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_OPENAPI_H_
