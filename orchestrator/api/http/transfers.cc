#include "orchestrator/api/http/transfers.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/api/http/http_errors.h"
#include "orchestrator/api/http/json_request.h"
#include "services/common/rpc/client_paced_call.h"
#include "services/common/rpc/client_write_call.h"

namespace stagecoach {
namespace {

const char* ContentType(v1::ArtifactType type) {
  switch (type) {
    case v1::ARTIFACT_TYPE_TABLE:
      return "text/csv; charset=utf-8";
    case v1::ARTIFACT_TYPE_REPORT:
      return "application/json";
    case v1::ARTIFACT_TYPE_TEXT:
      return "text/plain; charset=utf-8";
    default:
      return "application/octet-stream";
  }
}

// Passes the bytes of a call's messages on to a client, the next message when
// the client has taken the one before.
template <typename Response>
class Download : public std::enable_shared_from_this<Download<Response>> {
 public:
  using Call = ClientPacedCall<Response>;
  // Answers with headers, as the first message says.
  using BeginAnswer = std::function<void(HttpExchange&, const Response& first)>;

  Download(std::shared_ptr<HttpExchange> exchange, BeginAnswer begin_answer)
      : exchange_(std::move(exchange)),
        begin_answer_(std::move(begin_answer)) {}

  void Start(typename Call::Begin begin) {
    const auto self = this->shared_from_this();
    auto call = Call::Start(
        kStreamTimeout, begin,
        [self](const std::shared_ptr<Call>& from, Response& message) {
          self->OnMessage(from, message);
        },
        [self](const absl::Status& end) { self->OnEnd(end); });
    exchange_->OnClosed([call] { call->Cancel(); });
  }

 private:
  void OnMessage(const std::shared_ptr<Call>& call, Response& message) {
    if (!std::exchange(begun_, true)) begin_answer_(*exchange_, message);
    exchange_->Write(message.data());
    exchange_->OnDrained([call] { call->ReadNext(); });
  }

  void OnEnd(const absl::Status& end) {
    if (!begun_ && !end.ok()) {
      AnswerError(*exchange_, end);
      return;
    }
    if (!begun_) begin_answer_(*exchange_, {});
    exchange_->Finish(/*whole=*/end.ok());
  }

  const std::shared_ptr<HttpExchange> exchange_;
  const BeginAnswer begin_answer_;
  bool begun_ = false;  // touched by the call's callbacks alone
};

// Sends a body on as an upload, a piece when the one before is on its way.
class Upload : public std::enable_shared_from_this<Upload> {
 public:
  explicit Upload(std::shared_ptr<HttpExchange> exchange)
      : exchange_(std::move(exchange)) {}

  void Start(v1::Orchestrator::StubInterface& orchestrator,
             const v1::UploadHeader& header) {
    const auto self = shared_from_this();
    call_ = Call::Start(
        kStreamTimeout,
        [&](auto* context, auto* response, auto* reactor) {
          orchestrator.async()->UploadArtifact(context, response, reactor);
        },
        [exchange = exchange_] { exchange->TakeNextPiece(); },
        [self](const absl::StatusOr<v1::UploadArtifactResponse>& end) {
          self->OnEnd(end);
        });
    exchange_->OnClosed([call = call_] { call->Cancel(); });
    v1::UploadArtifactRequest first;
    *first.mutable_header() = header;
    call_->Write(std::move(first));
  }

  void OnPiece(std::string piece) {
    if (piece.empty()) {
      call_->WritesDone();
      return;
    }
    v1::UploadArtifactRequest request;
    request.set_data(std::move(piece));
    call_->Write(std::move(request));
  }

 private:
  using Call =
      ClientWriteCall<v1::UploadArtifactRequest, v1::UploadArtifactResponse>;

  void OnEnd(const absl::StatusOr<v1::UploadArtifactResponse>& end) {
    if (end.ok()) {
      exchange_->Answer(JsonResponse(*end, MHD_HTTP_CREATED));
      return;
    }
    HttpResponse response = ErrorResponse(end.status());
    if (absl::IsResourceExhausted(end.status())) {
      response.status = MHD_HTTP_CONTENT_TOO_LARGE;
    }
    exchange_->Answer(std::move(response));
  }

  const std::shared_ptr<HttpExchange> exchange_;
  std::shared_ptr<Call> call_;  // constant after Start
};

}  // namespace

void SendArtifact(const HttpCall& call,
                  v1::Orchestrator::StubInterface& orchestrator) {
  v1::ReadArtifactRequest request;
  if (!ReadRequest(call, "", "", request)) return;
  const auto begin_answer = [](HttpExchange& exchange,
                               const v1::ReadArtifactResponse& first) {
    HttpResponse response;
    response.content_type = ContentType(first.artifact().type());
    response.headers.emplace_back(
        MHD_HTTP_HEADER_ETAG,
        absl::StrCat("\"", first.artifact().sha256(), "\""));
    exchange.BeginStream(std::move(response), first.artifact().size_bytes());
  };
  std::make_shared<Download<v1::ReadArtifactResponse>>(call.exchange,
                                                       begin_answer)
      ->Start([&](auto* context, auto* reactor) {
        PassOnHeaders(call.exchange->request(), *context);
        orchestrator.async()->ReadArtifact(context, &request, reactor);
      });
}

void SendLog(const HttpCall& call,
             v1::Orchestrator::StubInterface& orchestrator) {
  v1::ReadLogRequest request;
  if (!ReadRequest(call, "", "", request)) return;
  const auto begin_answer = [](HttpExchange& exchange,
                               const v1::ReadLogResponse&) {
    HttpResponse response;
    response.content_type = "text/plain; charset=utf-8";
    exchange.BeginStream(std::move(response), std::nullopt);
  };
  std::make_shared<Download<v1::ReadLogResponse>>(call.exchange, begin_answer)
      ->Start([&](auto* context, auto* reactor) {
        PassOnHeaders(call.exchange->request(), *context);
        orchestrator.async()->ReadLog(context, &request, reactor);
      });
}

HttpBodyRules ReceiveUpload(const HttpCall& call,
                            v1::Orchestrator::StubInterface& orchestrator,
                            int64_t max_bytes) {
  HttpBodyRules rules;
  rules.max_bytes = max_bytes;
  v1::UploadHeader header;
  if (!ReadRequest(call, "", "", header)) return rules;
  int64_t size = 0;
  if (!header.has_size_bytes() &&
      absl::SimpleAtoi(call.exchange->request().header("content-length"),
                       &size)) {
    header.set_size_bytes(size);
  }
  if (header.size_bytes() > max_bytes) return rules;  // is answered with 413
  const auto upload = std::make_shared<Upload>(call.exchange);
  upload->Start(orchestrator, header);
  rules.on_piece = [upload](std::string piece) {
    upload->OnPiece(std::move(piece));
  };
  return rules;
}

}  // namespace stagecoach
