#include "orchestrator/export/export_target.h"

#include <fcntl.h>
#include <httplib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace stagecoach {
namespace {

constexpr int kConnectSeconds = 2;
constexpr int kAnswerSeconds = 5;
constexpr mode_t kFileMode = 0640;

}  // namespace

absl::StatusOr<HttpUrl> ParseHttpUrl(absl::string_view url) {
  absl::string_view rest = url;
  const bool known = absl::ConsumePrefix(&rest, "http://") ||
                     absl::ConsumePrefix(&rest, "https://");
  const absl::string_view host = rest.substr(0, rest.find('/'));
  if (!known || host.empty() ||
      host.find_first_of(" @?#\t\r\n") != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", url, "\" is neither http://HOST[:PORT][/PATH] nor https"));
  }
  absl::string_view path = rest.substr(host.size());
  const absl::string_view origin = url.substr(0, url.size() - path.size());
  if (path == "/") path = "";
  return HttpUrl{std::string(origin), std::string(path)};
}

struct JsonPoster::Client {
  explicit Client(const std::string& origin) : http(origin) {}
  httplib::Client http;
};

JsonPoster::JsonPoster(const HttpUrl& url)
    : url_(url), client_(std::make_unique<Client>(url.origin)) {
  client_->http.set_keep_alive(true);
  client_->http.set_connection_timeout(kConnectSeconds);
  client_->http.set_read_timeout(kAnswerSeconds);
  client_->http.set_write_timeout(kAnswerSeconds);
}

JsonPoster::~JsonPoster() = default;

absl::Status JsonPoster::Post(const std::string& body) {
  const httplib::Result result =
      client_->http.Post(url_.path, body, "application/json");
  const std::string where = url_.origin + url_.path;
  if (!result) {
    return absl::UnavailableError(
        absl::StrCat("POST ", where, ": ", httplib::to_string(result.error())));
  }
  const int status = result->status;
  if (status >= 200 && status < 300) return absl::OkStatus();
  const std::string message =
      absl::StrCat("POST ", where, " was answered with ", status);
  return status == 429 || status >= 500 ? absl::UnavailableError(message)
                                        : absl::InvalidArgumentError(message);
}

absl::StatusOr<std::unique_ptr<LineFile>> LineFile::Open(
    const std::string& path) {
  const int descriptor =
      open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kFileMode);
  if (descriptor < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("open ", path, ": ", std::strerror(errno)));
  }
  return std::unique_ptr<LineFile>(new LineFile(path, descriptor));
}

LineFile::~LineFile() { close(descriptor_); }

absl::Status LineFile::Append(absl::string_view lines) {
  const ssize_t written = write(descriptor_, lines.data(), lines.size());
  if (written == static_cast<ssize_t>(lines.size())) return absl::OkStatus();
  // After a part of a batch another try would write that part twice.
  const std::string why = written < 0 ? std::strerror(errno) : "short write";
  const std::string message = absl::StrCat("write to ", path_, ": ", why);
  return written <= 0 ? absl::UnavailableError(message)
                      : absl::DataLossError(message);
}

}  // namespace stagecoach
