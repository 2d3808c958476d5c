// The client's end of a call with a stream each way, which stays open: what is
// to be sent is asked for when there is room for it, so that all that has come
// together meanwhile can go in one message.

#ifndef SERVICES_COMMON_RPC_CLIENT_DUPLEX_CALL_H_
#define SERVICES_COMMON_RPC_CLIENT_DUPLEX_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/common/rpc/status.h"

namespace stagecoach {

// One call, which goes on until its end whether or not anybody holds it. It has
// no deadline: keepalive (channel.h) tells that a server is gone.
//
// Threads:   every method may be called from any thread. The callbacks come
//            from gRPC's threads, `next` also from within Wake; each is called
//            by one thread at a time. They must not block.
// Ownership: shared between the users and gRPC, which lets go of it, and of the
//            callbacks, after `on_done`. The stub needs to outlive Start only.
template <typename Request, typename Response>
class ClientDuplexCall final
    : private grpc::ClientBidiReactor<Request, Response> {
 public:
  using Reactor = grpc::ClientBidiReactor<Request, Response>;
  using Begin = absl::FunctionRef<void(grpc::ClientContext*, Reactor*)>;

  struct Callbacks {
    // Fills in the empty message that is sent next; false: there is none now.
    absl::AnyInvocable<bool(Request& message)> next;
    absl::AnyInvocable<void(Response& message)> on_message;
    // Once, last. As ClientStreamCall::Start.
    absl::AnyInvocable<void(absl::Status end)> on_done;
  };

  // Starts the call with `begin`, which passes its arguments to the stub's
  // method.
  static std::shared_ptr<ClientDuplexCall> Start(Begin begin,
                                                 Callbacks callbacks) {
    std::shared_ptr<ClientDuplexCall> call(
        new ClientDuplexCall(std::move(callbacks)));
    call->self_ = call;
    begin(&call->context_, call.get());
    call->AddHold();  // until there is nothing more to write
    call->StartRead(&call->received_);
    call->StartCall();
    return call;
  }

  // Says that `next` may have something.
  void Wake() {
    {
      absl::MutexLock lock(&mutex_);
      woken_ = true;
      if (busy_ || ended_) return;
      busy_ = true;
    }
    Pump();
  }

  // Says that no more comes than what `next` has by now.
  void WritesDone() {
    {
      absl::MutexLock lock(&mutex_);
      done_ = true;
    }
    Wake();
  }

  // Asks for the end of the call; no effect if it has ended.
  void Cancel() { context_.TryCancel(); }

 private:
  explicit ClientDuplexCall(Callbacks callbacks)
      : callbacks_(std::move(callbacks)) {}

  // Sends what is next, if there is anything. Only by who set `busy_`.
  void Pump() {
    for (;;) {
      {
        absl::MutexLock lock(&mutex_);
        woken_ = false;
      }
      sending_.Clear();
      const bool some = callbacks_.next(sending_);
      absl::MutexLock lock(&mutex_);
      if (some && !ended_) {
        this->StartWrite(&sending_);  // busy until OnWriteDone
        return;
      }
      if (woken_ && !ended_) continue;
      busy_ = false;
      if (done_ && !ended_) {
        this->StartWritesDone();
        ended_ = true;
      }
      ReleaseLocked();
      return;
    }
  }

  // Lets the call end, once nothing more is written.
  void ReleaseLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (busy_ || !ended_ || std::exchange(released_, true)) return;
    this->RemoveHold();
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      if (!ok) ended_ = true;
      if (ended_) {
        busy_ = false;
        ReleaseLocked();
        return;
      }
    }
    Pump();
  }

  void OnReadDone(bool ok) override {
    if (ok) {
      callbacks_.on_message(received_);
      this->StartRead(&received_);
      return;
    }
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    ReleaseLocked();
  }

  void OnDone(const grpc::Status& status) override {
    // In this order for the reason that ClientStreamCall gives.
    Callbacks callbacks = std::move(callbacks_);
    const std::shared_ptr<ClientDuplexCall> last = std::move(self_);
    callbacks.on_done(FromGrpcStatus(status, context_));
  }

  grpc::ClientContext context_;
  std::shared_ptr<ClientDuplexCall> self_;  // gRPC's share, until OnDone
  Request sending_;                         // only touched by who set `busy_`
  Response received_;                       // only touched by gRPC's reactions
  Callbacks callbacks_;

  absl::Mutex mutex_;
  // Whether a message is being made or written.
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;  // since `next` was asked
  bool done_ ABSL_GUARDED_BY(mutex_) = false;   // nothing more comes
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // nothing more is sent
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_CLIENT_DUPLEX_CALL_H_
