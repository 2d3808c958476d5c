// One request over HTTP and its answer, which may come later and from anywhere.

#ifndef ORCHESTRATOR_API_HTTP_HTTP_EXCHANGE_H_
#define ORCHESTRATOR_API_HTTP_HTTP_EXCHANGE_H_

#include <microhttpd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "orchestrator/api/http/http_message.h"

namespace stagecoach {

// What becomes of a request's body. Both callbacks come from the server's
// thread and must not block.
struct HttpBodyRules {
  // Largest body, in bytes; a larger one is answered with 413.
  int64_t max_bytes = 0;
  // Called once, when the body is whole.
  absl::AnyInvocable<void()> on_whole;
  // If set, it is called instead: with the body in pieces of about 1 MiB, each
  // further one after HttpExchange::TakeNextPiece, and last with an empty one.
  absl::AnyInvocable<void(std::string piece)> on_piece;
};

// While an answer is not there yet, or a client is slow, an exchange takes no
// thread.
//
// Threads:   every method may be called from any thread and at any time: after
//            the exchange's end they do nothing. No lock is held during a
//            callback; none may block.
// Ownership: shared between the server and whoever answers.
class HttpExchange : public std::enable_shared_from_this<HttpExchange> {
 public:
  // By HttpServer.
  HttpExchange(MHD_Connection* connection, HttpRequest request)
      : request_(std::move(request)), connection_(connection) {}

  const HttpRequest& request() const { return request_; }

  // The body; from `on_whole` on.
  const std::string& body() const { return body_; }

  // Asks for the next piece of the body.
  void TakeNextPiece() ABSL_LOCKS_EXCLUDED(mutex_);

  // Answers. The first answer counts; false for any other.
  bool Answer(HttpResponse response) ABSL_LOCKS_EXCLUDED(mutex_);

  // Answers with a body that is written later: `size_bytes` of it or, if that
  // is not set, until Finish. `response.body` is not used.
  bool BeginStream(HttpResponse response, std::optional<int64_t> size_bytes)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Adds to the body. Returns how many bytes the client has not taken yet: who
  // writes much waits for OnDrained.
  size_t Write(absl::string_view bytes) ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends the body; not `whole` shows the client that it is torn.
  void Finish(bool whole) ABSL_LOCKS_EXCLUDED(mutex_);

  // `callback` is called once, when everything written has been taken; at once
  // if it has.
  void OnDrained(absl::AnyInvocable<void()> callback)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // `callback` is called once, when the exchange has ended: well, because the
  // client went away, or because the server stops. At once if it has.
  void OnClosed(absl::AnyInvocable<void()> callback)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class HttpServer;

  enum class Answered { kNo, kWhole, kStream };

  // The following are called on the server's thread alone.

  void SetRules(HttpBodyRules rules) { rules_ = std::move(rules); }
  // Answers with 413 if so many bytes are too many.
  void CheckSize(int64_t bytes);
  // Bytes of the body have come. They may be the last for a while: the
  // connection is then suspended.
  void ReceiveBody(absl::string_view bytes);
  // All of the body has come: passes on what is left. False if the connection
  // was suspended before the end.
  bool EndBody();
  // False if there is an answer. Otherwise the connection is suspended.
  bool AwaitAnswer() ABSL_LOCKS_EXCLUDED(mutex_);
  // Gives the answer to the library.
  MHD_Result SendAnswer() ABSL_LOCKS_EXCLUDED(mutex_);
  bool answered() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The connection must not be touched any more.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

  // Passes on what has come; false if the connection was suspended after it.
  bool PassOn() ABSL_LOCKS_EXCLUDED(mutex_);
  // Copies bytes to send, as MHD_ContentReaderCallback says.
  ssize_t Read(absl::Span<char> buffer) ABSL_LOCKS_EXCLUDED(mutex_);
  static ssize_t ReadCallback(void* self, uint64_t position, char* buffer,
                              size_t size);

  void SuspendLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ResumeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const HttpRequest request_;

  // Touched by the server's thread alone, until the body is whole.
  HttpBodyRules rules_;
  std::string body_;
  int64_t received_bytes_ = 0;
  int64_t dropped_bytes_ = 0;  // of those, since it was answered
  bool body_ended_ = false;

  mutable absl::Mutex mutex_;
  MHD_Connection* connection_ ABSL_GUARDED_BY(mutex_);  // null once closed
  bool suspended_ ABSL_GUARDED_BY(mutex_) = false;
  bool piece_wanted_ ABSL_GUARDED_BY(mutex_) = true;
  Answered answered_ ABSL_GUARDED_BY(mutex_) = Answered::kNo;
  HttpResponse response_ ABSL_GUARDED_BY(mutex_);
  std::optional<int64_t> stream_bytes_ ABSL_GUARDED_BY(mutex_);
  std::string out_ ABSL_GUARDED_BY(mutex_);
  size_t out_sent_ ABSL_GUARDED_BY(mutex_) = 0;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool whole_ ABSL_GUARDED_BY(mutex_) = true;
  absl::AnyInvocable<void()> on_drained_ ABSL_GUARDED_BY(mutex_);
  absl::AnyInvocable<void()> on_closed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_HTTP_EXCHANGE_H_
