#include "orchestrator/api/http/http_errors.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/common/base/retry_hint.h"

namespace stagecoach {
namespace {

constexpr int kClientClosedRequest = 499;  // as nginx and google.rpc have it

}  // namespace

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kCancelled:
      return kClientClosedRequest;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

std::string ErrorBody(const absl::Status& error) {
  const nlohmann::ordered_json body = {
      {"error",
       {{"code", absl::StatusCodeToString(error.code())},
        {"message", std::string(error.message())}}}};
  return absl::StrCat(
      body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
      "\n");
}

HttpResponse ErrorResponse(const absl::Status& error) {
  HttpResponse response;
  response.status = HttpStatusOf(error.code());
  response.body = ErrorBody(error);
  const absl::optional<absl::Duration> hint = RetryHint(error);
  if (hint.has_value()) {
    const double seconds = std::ceil(absl::ToDoubleSeconds(*hint));
    response.headers.emplace_back("Retry-After", absl::StrCat(seconds));
  }
  return response;
}

}  // namespace stagecoach
