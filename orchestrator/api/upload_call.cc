// The call that takes a stream.

#include <memory>
#include <utility>

#include "orchestrator/api/orchestrator_service.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/read_stream.h"

namespace stagecoach {
namespace {

using Stream =
    ReadStream<v1::UploadArtifactRequest, v1::UploadArtifactResponse>;

// Takes an upload piece by piece: the next one is read when this one is
// written, so that one message is all that waits.
class UploadCall : public std::enable_shared_from_this<UploadCall> {
 public:
  UploadCall(Operations& operations, BoundedExecutor& executor,
             std::shared_ptr<Stream> stream)
      : operations_(operations),
        executor_(executor),
        stream_(std::move(stream)) {}

  void ReadNext() {
    stream_->Read([self = shared_from_this()](v1::UploadArtifactRequest* part) {
      const absl::Status submitted =
          self->executor_.Submit([self, part] { self->Take(part); });
      if (!submitted.ok()) self->stream_->Finish(submitted);
    });
  }

 private:
  void Take(v1::UploadArtifactRequest* part) {
    const absl::Status taken = part == nullptr ? End() : Add(*part);
    if (taken.ok() && part != nullptr) {
      ReadNext();
      return;
    }
    upload_ = nullptr;
    stream_->Finish(taken, std::move(response_));
  }

  absl::Status Add(const v1::UploadArtifactRequest& part) {
    if (upload_ == nullptr && !part.has_header()) {
      return absl::InvalidArgumentError(
          "the first message has no header; it must say what is to come");
    }
    if (upload_ == nullptr) {
      SC_ASSIGN_OR_RETURN(upload_, operations_.BeginUpload(part.header()));
      return absl::OkStatus();
    }
    if (part.has_header()) {
      return absl::InvalidArgumentError(
          "a second header came; one call uploads one file");
    }
    return upload_->Append(part.data());
  }

  absl::Status End() {
    if (upload_ == nullptr) {
      return absl::InvalidArgumentError(
          "nothing came; the first message must have a header");
    }
    SC_RETURN_IF_ERROR(upload_->Finish());
    // Syncing took a while: by now a connection that broke is known to have.
    if (stream_->cancelled()) {
      return absl::CancelledError("the client went away");
    }
    SC_ASSIGN_OR_RETURN(*response_.mutable_artifact(), upload_->Publish());
    return absl::OkStatus();
  }

  Operations& operations_;
  BoundedExecutor& executor_;
  const std::shared_ptr<Stream> stream_;
  // Touched by one task at a time.
  std::unique_ptr<ArtifactUpload> upload_;
  v1::UploadArtifactResponse response_;
};

}  // namespace

grpc::ServerReadReactor<v1::UploadArtifactRequest>*
OrchestratorService::UploadArtifact(grpc::CallbackServerContext* context,
                                    v1::UploadArtifactResponse* response) {
  auto stream = Stream::Create(*context, *response);
  auto* reactor = stream->reactor();
  std::make_shared<UploadCall>(operations_, transfers_, std::move(stream))
      ->ReadNext();
  return reactor;
}

}  // namespace stagecoach
