// The client's end of a call with one response, without a thread that waits.

#ifndef SERVICES_COMMON_RPC_CLIENT_UNARY_CALL_H_
#define SERVICES_COMMON_RPC_CLIENT_UNARY_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"

namespace stagecoach {

// Starts a call with `begin`, which passes its arguments to the stub's method:
//
//   CallUnary<v1::DescribeResponse>(
//       absl::Seconds(5),
//       [&](auto* context, auto* response, auto done) {
//         stub.async()->Describe(context, &request, response, done);
//       },
//       [](absl::StatusOr<v1::DescribeResponse> end) { … });
//
// `on_done` is called exactly once, from one of gRPC's threads, never from
// within CallUnary, and must not block; with DEADLINE_EXCEEDED when `timeout`
// has passed, UNAVAILABLE when the server could not be reached or was lost. The
// stub and the request need to outlive CallUnary only. Any thread.
//
// Returns what ends the call early, as CANCELLED; it may be dropped, and may be
// used from any thread and at any time.
template <typename Response>
std::function<void()> CallUnary(
    absl::Duration timeout,
    absl::FunctionRef<void(grpc::ClientContext*, Response*,
                           std::function<void(grpc::Status)>)>
        begin,
    absl::AnyInvocable<void(absl::StatusOr<Response>)> on_done) {
  struct Call {
    grpc::ClientContext context;
    Response response;
    absl::AnyInvocable<void(absl::StatusOr<Response>)> on_done;
  };
  auto call = std::make_shared<Call>();
  call->on_done = std::move(on_done);
  SetTimeout(call->context, timeout);
  begin(&call->context, &call->response,
        [held = call](const grpc::Status& status) mutable {
          // In this order for the reason that ClientStreamCall gives.
          auto done = std::move(held->on_done);
          const std::shared_ptr<Call> last = std::move(held);
          if (status.ok()) {
            done(std::move(last->response));
          } else {
            done(FromGrpcStatus(status, last->context));
          }
        });
  return [call = std::move(call)] { call->context.TryCancel(); };
}

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_CLIENT_UNARY_CALL_H_
