// The server's end of a call with one response whose work takes time.

#ifndef SERVICES_COMMON_RPC_UNARY_WORK_H_
#define SERVICES_COMMON_RPC_UNARY_WORK_H_

#include <functional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "services/common/base/bounded_executor.h"

namespace grpc {
class CallbackServerContext;
class ServerUnaryReactor;
}  // namespace grpc

namespace stagecoach {

// Runs `work` on `executor` and ends the call with its status; a service's
// method returns the result:
//
//   return RunUnary(*context, executor_, [this, request, response] {
//     return Verify(*request, *response);
//   });
//
// Until `work` returns, context, request and response stay valid, also when
// the call is cancelled meanwhile. A call that was cancelled before its turn
// ends as CANCELLED without running `work`; one that finds no place in the
// executor as RESOURCE_EXHAUSTED or UNAVAILABLE. The executor must outlive the
// server, whose Shutdown waits for the work.
grpc::ServerUnaryReactor* RunUnary(grpc::CallbackServerContext& context,
                                   BoundedExecutor& executor,
                                   absl::AnyInvocable<absl::Status()> work);

// Ends a call; to be called exactly once, from any thread.
using UnaryDone = std::function<void(absl::Status)>;

// As RunUnary, for work that others finish: the call ends when `work`, or
// whoever it has handed `done` to, calls it. Until then context, request and
// response stay valid.
grpc::ServerUnaryReactor* RunUnaryAsync(
    grpc::CallbackServerContext& context, BoundedExecutor& executor,
    absl::AnyInvocable<void(UnaryDone done)> work);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_UNARY_WORK_H_
