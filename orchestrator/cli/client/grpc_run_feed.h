// A gRPC stream of run events that can be waited on for a while.

#ifndef ORCHESTRATOR_CLI_CLIENT_GRPC_RUN_FEED_H_
#define ORCHESTRATOR_CLI_CLIENT_GRPC_RUN_FEED_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/support/async_stream.h"
#include "orchestrator/cli/client/orchestrator_client.h"

namespace stagecoach {

FeedItem ToFeedItem(v1::ExecuteRunResponse response);
FeedItem ToFeedItem(v1::WatchRunResponse response);

// A completion queue, not the callback API, because the command has one thread
// that waits now for the stream and now for the keyboard: no thread, no lock.
//
// Threads: one at a time.
template <typename Response>
class GrpcRunFeed final : public RunFeed {
 public:
  using Reader = grpc::ClientAsyncReader<Response>;
  // Starts the call with the feed's context and queue.
  using Start = std::function<std::unique_ptr<Reader>(
      grpc::ClientContext*, grpc::CompletionQueue*, void* tag)>;
  // Turns the call's end into a status.
  using Explain = std::function<absl::Status(const grpc::Status&)>;

  GrpcRunFeed(absl::Duration timeout, const Start& start, Explain explain)
      : explain_(std::move(explain)) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    reader_ = start(&context_, &queue_, Tag());
  }

  ~GrpcRunFeed() override {
    context_.TryCancel();
    void* tag = nullptr;
    bool ok = false;
    // One operation is under way in every state but after the end; a call must
    // have finished before its objects go.
    if (state_ != State::kFinishing) {
      queue_.Next(&tag, &ok);
      reader_->Finish(&status_, Tag());
    }
    queue_.Shutdown();
    while (queue_.Next(&tag, &ok)) {
    }
  }

  FeedItem Next(absl::Duration wait) override {
    const absl::Time deadline = absl::Now() + wait;
    while (!end_.has_value()) {
      void* tag = nullptr;
      bool ok = false;
      if (queue_.AsyncNext(&tag, &ok, absl::ToChronoTime(deadline)) !=
          grpc::CompletionQueue::GOT_EVENT) {
        return FeedIdle{};
      }
      if (std::optional<FeedItem> item = Advance(ok)) return *std::move(item);
    }
    return *end_;
  }

 private:
  // The operation that is under way.
  enum class State { kStarting, kReading, kFinishing };

  void* Tag() { return this; }

  std::optional<FeedItem> Advance(bool ok) {
    if (state_ == State::kFinishing) {
      end_ = explain_(status_);
      return std::nullopt;
    }
    if (!ok) {
      state_ = State::kFinishing;
      reader_->Finish(&status_, Tag());
      return std::nullopt;
    }
    std::optional<FeedItem> item;
    if (state_ == State::kReading) item = ToFeedItem(std::move(response_));
    state_ = State::kReading;
    response_ = Response();
    reader_->Read(&response_, Tag());
    return item;
  }

  const Explain explain_;
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<Reader> reader_;
  State state_ = State::kStarting;
  Response response_;
  grpc::Status status_;
  std::optional<absl::Status> end_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLIENT_GRPC_RUN_FEED_H_
