// What is asked and answered over HTTP, as plain data.

#ifndef ORCHESTRATOR_API_HTTP_HTTP_MESSAGE_H_
#define ORCHESTRATOR_API_HTTP_HTTP_MESSAGE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

struct HttpRequest {
  // `GET`, `POST`, … as sent.
  std::string method;
  // Without the query, percent-encoding undone.
  std::string path;
  // In the order sent, percent-encoding undone.
  std::vector<std::pair<std::string, std::string>> query;
  // By name in lower case; of a name sent twice, the last.
  std::map<std::string, std::string> headers;

  // A header's value; empty if it was not sent.
  std::string header(absl::string_view lower_case_name) const {
    const auto found = headers.find(std::string(lower_case_name));
    return found == headers.end() ? "" : found->second;
  }
};

struct HttpResponse {
  // 200 to 599.
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  // Further headers.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_HTTP_MESSAGE_H_
