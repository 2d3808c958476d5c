// The client's end of a call that returns a stream, so that nobody else writes
// a gRPC reactor.
//
//   auto call = ClientStreamCall<v1::ExecuteResponse>::Start(
//       absl::Minutes(5),
//       [&](auto* context, auto* reactor) {
//         stub.async()->Execute(context, &request, reactor);
//       },
//       [](const v1::ExecuteResponse& message) { … },
//       [](absl::Status end) { … });
//   …
//   call->Cancel();

#ifndef SERVICES_COMMON_RPC_CLIENT_STREAM_CALL_H_
#define SERVICES_COMMON_RPC_CLIENT_STREAM_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"

namespace stagecoach {

// One call, which goes on until its end whether or not anybody holds it.
//
// Threads:   Start and Cancel may be called from any thread. The callbacks come
//            from gRPC's threads, one at a time, never from within Start or
//            Cancel, and must not block.
// Ownership: shared between the users and gRPC, which lets go of it, and of the
//            callbacks, after `on_done`. The stub needs to outlive Start only.
template <typename Response>
class ClientStreamCall final : private grpc::ClientReadReactor<Response> {
 public:
  using Begin = absl::FunctionRef<void(grpc::ClientContext*,
                                       grpc::ClientReadReactor<Response>*)>;
  using OnMessage = absl::AnyInvocable<void(const Response&)>;
  using DoneCallback = absl::AnyInvocable<void(absl::Status)>;

  // Starts the call with `begin`, which passes its arguments to the stub's
  // method. `on_message` is called for each message, `on_done` exactly once,
  // last: with DEADLINE_EXCEEDED when `timeout` has passed, CANCELLED after
  // Cancel, UNAVAILABLE when the server could not be reached or was lost.
  static std::shared_ptr<ClientStreamCall> Start(absl::Duration timeout,
                                                 Begin begin,
                                                 OnMessage on_message,
                                                 DoneCallback on_done) {
    std::shared_ptr<ClientStreamCall> call(
        new ClientStreamCall(std::move(on_message), std::move(on_done)));
    call->self_ = call;
    SetTimeout(call->context_, timeout);
    begin(&call->context_, call.get());
    call->StartRead(&call->message_);
    call->StartCall();
    return call;
  }

  // Asks for the end of the call; no effect if it has ended.
  void Cancel() { context_.TryCancel(); }

 private:
  ClientStreamCall(OnMessage on_message, DoneCallback on_done)
      : on_message_(std::move(on_message)), on_done_(std::move(on_done)) {}

  void OnReadDone(bool ok) override {
    if (!ok) return;  // OnDone follows
    on_message_(message_);
    this->StartRead(&message_);
  }

  void OnDone(const grpc::Status& status) override {
    // What the callbacks own is let go of now, even if somebody keeps the call;
    // but after the call's share of the channel, so that whoever is told by
    // that may drop the channel itself: gRPC's threads must not drop the last.
    DoneCallback on_done = std::move(on_done_);
    const OnMessage on_message = std::move(on_message_);
    const std::shared_ptr<ClientStreamCall> last = std::move(self_);
    on_done(FromGrpcStatus(status, context_));
  }

  grpc::ClientContext context_;
  std::shared_ptr<ClientStreamCall> self_;  // gRPC's share, until OnDone
  // Only touched by gRPC's reactions, one at a time.
  Response message_;
  OnMessage on_message_;
  DoneCallback on_done_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_CLIENT_STREAM_CALL_H_
