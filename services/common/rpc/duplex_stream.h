// The server's end of a call with a stream each way, so that nobody else writes
// a gRPC reactor. Messages come one by one; what is to be sent is asked for
// when there is room for it, so that all that has come together meanwhile can
// go in one message. With a sender there is also what comes until its thread is
// there: a message costs more than that takes, on both sides.
//
//   grpc::ServerBidiReactor<ExecuteManyRequest, ExecuteManyResponse>*
//   SessionService::ExecuteMany(grpc::CallbackServerContext* context) {
//     auto stream = SessionStream::Create(*context);
//     auto* reactor = stream->reactor();
//     stream->Start({…});
//     return reactor;
//   }

#ifndef SERVICES_COMMON_RPC_DUPLEX_STREAM_H_
#define SERVICES_COMMON_RPC_DUPLEX_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/optional.h"
#include "services/common/base/bounded_executor.h"
#include "services/common/rpc/status.h"

namespace stagecoach {

// A call that the client cancels, or whose connection is lost, ends by itself.
// Every other one must be ended with Finish, or its server cannot stop.
//
// Threads:   every method may be called from any thread; after the call's end
//            they do nothing. The callbacks come from gRPC's threads, `next`
//            also from the sender's, or from within Wake and Finish; each is
//            called by one thread at a time. They must not block.
// Ownership: shared between the users and gRPC, which lets go of it, and of the
//            callbacks, when the call has ended. A sender must outlive that.
template <typename Request, typename Response>
class DuplexStream final : private grpc::ServerBidiReactor<Request, Response> {
 public:
  using Reactor = grpc::ServerBidiReactor<Request, Response>;

  struct Callbacks {
    absl::AnyInvocable<void(Request& message)> on_message;
    // Once, if no more messages come: the client has sent all or went away.
    absl::AnyInvocable<void()> on_read_all;
    // Once, if the client cancelled the call or went away.
    absl::AnyInvocable<void()> on_cancel;
    // Fills in the empty message that is sent next; false: there is none now.
    absl::AnyInvocable<bool(Response& message)> next;
  };

  // `context` is the call's. `sender` sends what Wake and Finish say there is;
  // null, or if it is full: they do so themselves.
  static std::shared_ptr<DuplexStream> Create(
      grpc::CallbackServerContext& context, BoundedExecutor* sender = nullptr) {
    std::shared_ptr<DuplexStream> stream(new DuplexStream(context, sender));
    stream->self_ = stream;
    return stream;
  }

  // What the service's method returns.
  Reactor* reactor() { return this; }

  // Begins to read; once, before the service's method returns.
  void Start(Callbacks callbacks) {
    callbacks_ = std::move(callbacks);
    this->StartRead(&received_);
  }

  // Says that `next` may have something.
  void Wake() {
    {
      absl::MutexLock lock(&mutex_);
      woken_ = true;
      if (busy_) return;
      busy_ = true;
    }
    // The call, and with it the stream, does not end while it is busy.
    if (sender_ == nullptr || !sender_->Submit([this] { Pump(); }).ok()) Pump();
  }

  // Ends the call once what `next` has by now is sent. The first end counts.
  void Finish(absl::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      if (finish_.has_value()) return;
      finish_ = std::move(status);
    }
    Wake();
  }

 private:
  DuplexStream(grpc::CallbackServerContext& context, BoundedExecutor* sender)
      : context_(context), sender_(sender) {}

  // Sends what is next, if there is anything. Only by who set `busy_`, which
  // stays set for good once the end is on its way.
  void Pump() {
    for (;;) {
      bool cancelled = false;
      {
        absl::MutexLock lock(&mutex_);
        woken_ = false;
        cancelled = cancelled_;
      }
      sending_.Clear();
      if (!cancelled && callbacks_.next(sending_)) {
        this->StartWrite(&sending_);  // busy until OnWriteDone
        return;
      }
      absl::MutexLock lock(&mutex_);
      if (woken_) continue;
      if (!finish_.has_value() && !cancelled_) {
        busy_ = false;
        return;
      }
      break;
    }
    grpc::ServerBidiReactor<Request, Response>::Finish(End());
  }

  grpc::Status End() {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    return ToGrpcStatus(
        finish_.value_or(absl::CancelledError("the client went away")),
        context_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
    }
    Pump();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      callbacks_.on_read_all();
      return;
    }
    callbacks_.on_message(received_);
    absl::MutexLock lock(&mutex_);
    // Under the lock: after the end nothing more may be started.
    if (!ended_) this->StartRead(&received_);
  }

  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
    }
    callbacks_.on_cancel();
    Wake();
  }

  void OnDone() override {
    const Callbacks last_callbacks = std::move(callbacks_);
    const std::shared_ptr<DuplexStream> last = std::move(self_);
  }

  grpc::CallbackServerContext& context_;  // valid until the end is sent
  BoundedExecutor* const sender_;         // null: none
  std::shared_ptr<DuplexStream> self_;    // gRPC's share, until OnDone
  Request received_;                      // only touched by gRPC's reactions
  Response sending_;                      // only touched by who set `busy_`
  Callbacks callbacks_;                   // constant from Start to OnDone

  absl::Mutex mutex_;
  absl::optional<absl::Status> finish_ ABSL_GUARDED_BY(mutex_);
  // Whether a message is being made or written, or the end sent.
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;  // since `next` was asked
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_DUPLEX_STREAM_H_
