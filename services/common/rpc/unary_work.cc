#include "services/common/rpc/unary_work.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "services/common/rpc/status.h"

namespace stagecoach {

grpc::ServerUnaryReactor* RunUnaryAsync(
    grpc::CallbackServerContext& context, BoundedExecutor& executor,
    absl::AnyInvocable<void(UnaryDone done)> work) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  const UnaryDone done = [reactor, &context](const absl::Status& status) {
    reactor->Finish(ToGrpcStatus(status, context));
  };
  const absl::Status taken =
      executor.Submit([done, &context, work = std::move(work)]() mutable {
        if (context.IsCancelled()) {
          done(absl::CancelledError("cancelled before its turn"));
          return;
        }
        // What the work owns may hang on the call, which may end within it.
        absl::AnyInvocable<void(UnaryDone done)> own = std::move(work);
        own(done);
      });
  if (!taken.ok()) done(taken);
  return reactor;
}

grpc::ServerUnaryReactor* RunUnary(grpc::CallbackServerContext& context,
                                   BoundedExecutor& executor,
                                   absl::AnyInvocable<absl::Status()> work) {
  return RunUnaryAsync(context, executor,
                       [work = std::move(work)](const UnaryDone& done) mutable {
                         const absl::Status status = work();
                         work = nullptr;  // what it owns may hang on the call
                         done(status);
                       });
}

}  // namespace stagecoach
