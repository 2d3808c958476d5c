#include "services/common/rpc/unary_work.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "services/common/rpc/status.h"

namespace stagecoach {

grpc::ServerUnaryReactor* RunUnary(grpc::CallbackServerContext& context,
                                   BoundedExecutor& executor,
                                   absl::AnyInvocable<absl::Status()> work) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  const absl::Status taken =
      executor.Submit([reactor, &context, work = std::move(work)]() mutable {
        const absl::Status status =
            context.IsCancelled()
                ? absl::CancelledError("cancelled before its turn")
                : work();
        work = nullptr;  // what it owns may hang on the call
        reactor->Finish(ToGrpcStatus(status, context));
      });
  if (!taken.ok()) reactor->Finish(ToGrpcStatus(taken, context));
  return reactor;
}

}  // namespace stagecoach
