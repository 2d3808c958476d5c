// The client's end of a call that returns a stream, for a reader that says when
// it wants more: a slow one slows the server down and keeps one message.

#ifndef SERVICES_COMMON_RPC_CLIENT_PACED_CALL_H_
#define SERVICES_COMMON_RPC_CLIENT_PACED_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"

namespace stagecoach {

// One call, which goes on until its end whether or not anybody holds it. Who
// does not read it to its end must Cancel it.
//
// Threads:   Start, ReadNext and Cancel may be called from any thread, also
//            from `on_message`. The callbacks come from gRPC's threads, one at
//            a time, and must not block.
// Ownership: shared between the users and gRPC, which lets go of it, and of the
//            callbacks, after `on_done`. The stub needs to outlive Start only.
template <typename Response>
class ClientPacedCall final : private grpc::ClientReadReactor<Response> {
 public:
  using Begin = absl::FunctionRef<void(grpc::ClientContext*,
                                       grpc::ClientReadReactor<Response>*)>;
  using OnMessage = absl::AnyInvocable<void(
      const std::shared_ptr<ClientPacedCall>& call, Response& message)>;
  using DoneCallback = absl::AnyInvocable<void(absl::Status)>;

  // As ClientStreamCall::Start. `on_message` is called once for the first
  // message and once for each ReadNext.
  static std::shared_ptr<ClientPacedCall> Start(absl::Duration timeout,
                                                Begin begin,
                                                OnMessage on_message,
                                                DoneCallback on_done) {
    std::shared_ptr<ClientPacedCall> call(
        new ClientPacedCall(std::move(on_message), std::move(on_done)));
    call->self_ = call;
    SetTimeout(call->context_, timeout);
    begin(&call->context_, call.get());
    call->AddHold();  // until there is nothing more to read
    call->StartRead(&call->message_);
    call->StartCall();
    return call;
  }

  // Asks for the next message, if there is one; once for each `on_message`.
  void ReadNext() {
    absl::MutexLock lock(&mutex_);
    wanted_ = true;
    ReadWantedLocked();
  }

  // Asks for the end of the call; no effect if it has ended.
  void Cancel() {
    context_.TryCancel();
    ReadNext();  // finds nothing, which ends it
  }

 private:
  ClientPacedCall(OnMessage on_message, DoneCallback on_done)
      : on_message_(std::move(on_message)), on_done_(std::move(on_done)) {}

  void ReadWantedLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (busy_ || !std::exchange(wanted_, false)) return;
    busy_ = true;
    this->StartRead(&message_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      this->RemoveHold();  // `busy_` for good: nothing is read any more
      return;
    }
    on_message_(self_, message_);
    absl::MutexLock lock(&mutex_);
    busy_ = false;
    ReadWantedLocked();
  }

  void OnDone(const grpc::Status& status) override {
    // In this order for the reason that ClientStreamCall gives.
    DoneCallback on_done = std::move(on_done_);
    const OnMessage on_message = std::move(on_message_);
    const std::shared_ptr<ClientPacedCall> last = std::move(self_);
    on_done(FromGrpcStatus(status, context_));
  }

  grpc::ClientContext context_;
  std::shared_ptr<ClientPacedCall> self_;  // gRPC's share, until OnDone
  // Only touched by gRPC's reactions, one at a time.
  Response message_;
  OnMessage on_message_;
  DoneCallback on_done_;

  absl::Mutex mutex_;
  // Whether `message_` is being read or looked at.
  bool busy_ ABSL_GUARDED_BY(mutex_) = true;
  bool wanted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_CLIENT_PACED_CALL_H_
