// The server's end of a call that takes a stream and gives one response, so
// that nobody else writes a gRPC reactor. Its messages are taken one by one,
// each when the one before has been dealt with: a fast writer costs no memory
// and a slow one no thread.
//
//   grpc::ServerReadReactor<UploadArtifactRequest>* Api::UploadArtifact(
//       grpc::CallbackServerContext* context,
//       UploadArtifactResponse* response) {
//     auto stream = UploadStream::Create(*context, *response);
//     stream->Read([stream](UploadArtifactRequest* message) { … });
//     return stream->reactor();
//   }

#ifndef SERVICES_COMMON_RPC_READ_STREAM_H_
#define SERVICES_COMMON_RPC_READ_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/common/rpc/status.h"

namespace stagecoach {

// A call that the client cancels, or whose connection is lost, ends by itself.
// Every other one must be ended with Finish, or its server cannot stop.
//
// Threads:   every method may be called from any thread, but one Read at a
//            time; after the call's end they do nothing.
// Ownership: shared between the users and gRPC, which lets go of it when the
//            call has ended.
template <typename Request, typename Response>
class ReadStream final : private grpc::ServerReadReactor<Request> {
 public:
  // `message` is valid until the next Read; null means that no more comes,
  // either because the client has sent all or, if cancelled() says so, because
  // it went away.
  using OnMessage = absl::AnyInvocable<void(Request* message)>;

  // `context` and `response` are the call's.
  static std::shared_ptr<ReadStream> Create(
      grpc::CallbackServerContext& context, Response& response) {
    std::shared_ptr<ReadStream> stream(new ReadStream(context, response));
    stream->self_ = stream;
    return stream;
  }

  // What the service's method returns.
  grpc::ServerReadReactor<Request>* reactor() { return this; }

  // Asks for the next message. `on_message` is called once, from a thread of
  // gRPC or, after the call's end, from within this call; it must not block.
  void Read(OnMessage on_message) {
    {
      absl::MutexLock lock(&mutex_);
      if (!finished_) {
        on_message_ = std::move(on_message);
        // Under the lock: a Finish that came between would let gRPC go.
        this->StartRead(&message_);
        return;
      }
    }
    on_message(nullptr);
  }

  // Ends the call. The first end counts.
  void Finish(const absl::Status& status, Response response = {}) {
    {
      absl::MutexLock lock(&mutex_);
      if (finished_) return;
      finished_ = true;
      response_ = std::move(response);
    }
    // Until now gRPC keeps context and response.
    grpc::ServerReadReactor<Request>::Finish(ToGrpcStatus(status, context_));
  }

  // Whether the client went away before Finish.
  bool cancelled() const {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }

 private:
  ReadStream(grpc::CallbackServerContext& context, Response& response)
      : context_(context), response_(response) {}

  void OnReadDone(bool ok) override {
    OnMessage on_message;
    {
      absl::MutexLock lock(&mutex_);
      on_message = std::move(on_message_);
    }
    if (on_message) on_message(ok ? &message_ : nullptr);
  }

  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = !finished_;
    }
    Finish(absl::CancelledError("the client went away"));
  }

  void OnDone() override {
    const std::shared_ptr<ReadStream> last = std::move(self_);
  }

  grpc::CallbackServerContext& context_;  // valid until Finish
  Response& response_;                    // likewise
  std::shared_ptr<ReadStream> self_;      // gRPC's share, until OnDone
  Request message_;                       // gRPC's during a Read

  mutable absl::Mutex mutex_;
  OnMessage on_message_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_READ_STREAM_H_
