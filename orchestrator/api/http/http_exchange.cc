#include "orchestrator/api/http/http_exchange.h"

#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/api/http/http_errors.h"

namespace stagecoach {
namespace {

// Pieces of a body that is taken in pieces.
constexpr size_t kPieceBytes = 1 << 20;
// What the library asks for at once.
constexpr size_t kBlockBytes = 64 << 10;

}  // namespace

void HttpExchange::SuspendLocked() {
  suspended_ = true;
  MHD_suspend_connection(connection_);
}

void HttpExchange::ResumeLocked() {
  if (!suspended_) return;
  suspended_ = false;
  MHD_resume_connection(connection_);
}

void HttpExchange::TakeNextPiece() {
  absl::MutexLock lock(&mutex_);
  if (connection_ == nullptr) return;
  piece_wanted_ = true;
  ResumeLocked();
}

bool HttpExchange::Answer(HttpResponse response) {
  absl::MutexLock lock(&mutex_);
  if (connection_ == nullptr || answered_ != Answered::kNo) return false;
  answered_ = Answered::kWhole;
  response_ = std::move(response);
  ResumeLocked();
  return true;
}

bool HttpExchange::BeginStream(HttpResponse response,
                               std::optional<int64_t> size_bytes) {
  absl::MutexLock lock(&mutex_);
  if (connection_ == nullptr || answered_ != Answered::kNo) return false;
  answered_ = Answered::kStream;
  response_ = std::move(response);
  stream_bytes_ = size_bytes;
  ResumeLocked();
  return true;
}

size_t HttpExchange::Write(absl::string_view bytes) {
  absl::MutexLock lock(&mutex_);
  if (connection_ == nullptr || finished_) return 0;
  absl::StrAppend(&out_, bytes);
  ResumeLocked();
  return out_.size() - out_sent_;
}

void HttpExchange::Finish(bool whole) {
  absl::MutexLock lock(&mutex_);
  if (connection_ == nullptr || finished_) return;
  finished_ = true;
  whole_ = whole;
  ResumeLocked();
}

void HttpExchange::OnDrained(absl::AnyInvocable<void()> callback) {
  {
    absl::MutexLock lock(&mutex_);
    if (connection_ == nullptr) return;
    if (out_sent_ < out_.size()) {
      on_drained_ = std::move(callback);
      return;
    }
  }
  callback();
}

void HttpExchange::OnClosed(absl::AnyInvocable<void()> callback) {
  {
    absl::MutexLock lock(&mutex_);
    if (connection_ != nullptr) {
      on_closed_ = std::move(callback);
      return;
    }
  }
  callback();
}

bool HttpExchange::answered() const {
  absl::MutexLock lock(&mutex_);
  return answered_ != Answered::kNo;
}

void HttpExchange::CheckSize(int64_t bytes) {
  if (bytes <= rules_.max_bytes) return;
  HttpResponse response = ErrorResponse(absl::ResourceExhaustedError(
      absl::StrCat("the body is too large; at most ", rules_.max_bytes,
                   " bytes are taken here")));
  response.status = MHD_HTTP_CONTENT_TOO_LARGE;
  Answer(std::move(response));
}

void HttpExchange::ReceiveBody(absl::string_view bytes) {
  received_bytes_ += static_cast<int64_t>(bytes.size());
  CheckSize(received_bytes_);
  // The library takes no answer before the body has ended: the rest is dropped.
  if (answered()) {
    dropped_bytes_ += static_cast<int64_t>(bytes.size());
    return;
  }
  absl::StrAppend(&body_, bytes);
  if (rules_.on_piece && body_.size() >= kPieceBytes) PassOn();
}

bool HttpExchange::PassOn() {
  {
    absl::MutexLock lock(&mutex_);
    piece_wanted_ = false;
  }
  rules_.on_piece(std::exchange(body_, {}));
  absl::MutexLock lock(&mutex_);
  if (piece_wanted_ || answered_ != Answered::kNo) return true;
  SuspendLocked();
  return false;
}

bool HttpExchange::EndBody() {
  if (body_ended_) return true;
  if (!answered() && rules_.on_piece && !body_.empty() && !PassOn()) {
    return false;
  }
  body_ended_ = true;
  if (answered()) return true;
  if (rules_.on_piece) {
    rules_.on_piece("");
  } else if (rules_.on_whole) {
    rules_.on_whole();
  }
  return true;
}

bool HttpExchange::AwaitAnswer() {
  absl::MutexLock lock(&mutex_);
  if (answered_ != Answered::kNo) return false;
  SuspendLocked();
  return true;
}

MHD_Result HttpExchange::SendAnswer() {
  MHD_Connection* connection;
  MHD_Response* message;
  int status;
  {
    absl::MutexLock lock(&mutex_);
    connection = connection_;
    status = response_.status;
    if (answered_ == Answered::kWhole) {
      message = MHD_create_response_from_buffer(
          response_.body.size(), response_.body.data(), MHD_RESPMEM_MUST_COPY);
    } else {
      message = MHD_create_response_from_callback(
          stream_bytes_.has_value() ? *stream_bytes_ : MHD_SIZE_UNKNOWN,
          kBlockBytes, ReadCallback, this, nullptr);
    }
    if (message == nullptr) return MHD_NO;
    if (!response_.content_type.empty()) {
      MHD_add_response_header(message, MHD_HTTP_HEADER_CONTENT_TYPE,
                              response_.content_type.c_str());
    }
    for (const auto& [name, value] : response_.headers) {
      MHD_add_response_header(message, name.c_str(), value.c_str());
    }
  }
  const MHD_Result result = MHD_queue_response(connection, status, message);
  MHD_destroy_response(message);
  return result;
}

ssize_t HttpExchange::ReadCallback(void* self, uint64_t /*position*/,
                                   char* buffer, size_t size) {
  return static_cast<HttpExchange*>(self)->Read(absl::MakeSpan(buffer, size));
}

ssize_t HttpExchange::Read(absl::Span<char> buffer) {
  absl::AnyInvocable<void()> drained;
  size_t size = 0;
  {
    absl::MutexLock lock(&mutex_);
    size = std::min(buffer.size(), out_.size() - out_sent_);
    if (size == 0 && finished_) {
      return whole_ ? MHD_CONTENT_READER_END_OF_STREAM
                    : MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (size == 0) {
      SuspendLocked();
      return 0;
    }
    std::memcpy(buffer.data(), out_.data() + out_sent_, size);
    out_sent_ += size;
    if (out_sent_ == out_.size()) {
      out_.clear();
      out_sent_ = 0;
      drained = std::move(on_drained_);
    }
  }
  if (drained) drained();
  return static_cast<ssize_t>(size);
}

void HttpExchange::Close() {
  absl::AnyInvocable<void()> closed;
  absl::AnyInvocable<void()> drained;
  {
    absl::MutexLock lock(&mutex_);
    connection_ = nullptr;
    closed = std::move(on_closed_);
    drained = std::move(on_drained_);
    out_.clear();
    out_sent_ = 0;
  }
  if (closed) closed();
  rules_ = {};  // what it holds may hold this
}

}  // namespace stagecoach
