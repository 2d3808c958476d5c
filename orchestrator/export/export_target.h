// Where exports go: a file, or an HTTP server.

#ifndef ORCHESTRATOR_EXPORT_EXPORT_TARGET_H_
#define ORCHESTRATOR_EXPORT_EXPORT_TARGET_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// An `http://HOST[:PORT][/PATH]`, or https.
struct HttpUrl {
  std::string origin;  // `http://HOST[:PORT]`
  std::string path;    // begins with a slash, or is empty
};

// INVALID_ARGUMENT: not of that form.
absl::StatusOr<HttpUrl> ParseHttpUrl(absl::string_view url);

// Posts JSON to one URL, over a connection that it keeps.
//
// Threads: one at a time.
class JsonPoster {
 public:
  // `url` has a path.
  explicit JsonPoster(const HttpUrl& url);
  ~JsonPoster();
  JsonPoster(const JsonPoster&) = delete;
  JsonPoster& operator=(const JsonPoster&) = delete;

  // OK if the server answers with 2xx, within seconds. UNAVAILABLE: it does
  // not answer, or with 429 or 5xx. INVALID_ARGUMENT: it refuses what it got.
  absl::Status Post(const std::string& body);

 private:
  struct Client;

  const HttpUrl url_;
  const std::unique_ptr<Client> client_;
};

// Appends lines to a file, which it makes if it is not there. Each batch is
// written at once; it is not synced.
//
// Threads: one at a time.
class LineFile {
 public:
  // FAILED_PRECONDITION: it cannot be opened.
  static absl::StatusOr<std::unique_ptr<LineFile>> Open(
      const std::string& path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // UNAVAILABLE: nothing could be written. DATA_LOSS: only a part of it.
  absl::Status Append(absl::string_view lines);

 private:
  LineFile(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  const std::string path_;
  const int descriptor_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_EXPORT_EXPORT_TARGET_H_
