// The client's end of a call that takes a stream and gives one response.

#ifndef SERVICES_COMMON_RPC_CLIENT_WRITE_CALL_H_
#define SERVICES_COMMON_RPC_CLIENT_WRITE_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <deque>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"

namespace stagecoach {

// One call, which goes on until its end whether or not anybody holds it. Who
// does not WritesDone must Cancel it.
//
// Threads:   every method may be called from any thread. The callbacks come
//            from gRPC's threads and must not block.
// Ownership: shared between the users and gRPC, which lets go of it, and of the
//            callbacks, after `on_done`. The stub needs to outlive Start only.
template <typename Request, typename Response>
class ClientWriteCall final : private grpc::ClientWriteReactor<Request> {
 public:
  using Begin = absl::FunctionRef<void(grpc::ClientContext*, Response*,
                                       grpc::ClientWriteReactor<Request>*)>;
  using WrittenCallback = absl::AnyInvocable<void()>;
  using DoneCallback = absl::AnyInvocable<void(absl::StatusOr<Response>)>;

  // As ClientStreamCall::Start. `on_written` is called after each Write, when
  // it is time for the next; not if the call is ending.
  static std::shared_ptr<ClientWriteCall> Start(absl::Duration timeout,
                                                Begin begin,
                                                WrittenCallback on_written,
                                                DoneCallback on_done) {
    std::shared_ptr<ClientWriteCall> call(
        new ClientWriteCall(std::move(on_written), std::move(on_done)));
    call->self_ = call;
    SetTimeout(call->context_, timeout);
    begin(&call->context_, &call->response_, call.get());
    call->AddHold();  // until there is nothing more to write
    call->StartCall();
    return call;
  }

  // Sends a message after those before. Who sends many waits for `on_written`,
  // or they pile up here.
  void Write(Request message) {
    absl::MutexLock lock(&mutex_);
    waiting_.push_back(std::move(message));
    PumpLocked();
  }

  // Says that no more comes.
  void WritesDone() {
    absl::MutexLock lock(&mutex_);
    done_ = true;
    PumpLocked();
  }

  // Asks for the end of the call; no effect if it has ended.
  void Cancel() {
    context_.TryCancel();
    absl::MutexLock lock(&mutex_);
    EndLocked();
  }

 private:
  ClientWriteCall(WrittenCallback on_written, DoneCallback on_done)
      : on_written_(std::move(on_written)), on_done_(std::move(on_done)) {}

  void EndLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(ended_, true)) return;
    this->RemoveHold();
  }

  // Starts the next operation, if one is due.
  void PumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || ended_) return;
    if (!waiting_.empty()) {
      writing_ = true;
      message_ = std::move(waiting_.front());
      waiting_.pop_front();
      this->StartWrite(&message_);
    } else if (done_) {
      this->StartWritesDone();
      EndLocked();
    }
  }

  void OnWriteDone(bool ok) override {
    if (ok) on_written_();
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (ok) {
      PumpLocked();
    } else {
      EndLocked();
    }
  }

  void OnDone(const grpc::Status& status) override {
    // In this order for the reason that ClientStreamCall gives.
    DoneCallback on_done = std::move(on_done_);
    const WrittenCallback on_written = std::move(on_written_);
    const std::shared_ptr<ClientWriteCall> last = std::move(self_);
    if (status.ok()) {
      on_done(std::move(response_));
    } else {
      on_done(FromGrpcStatus(status, context_));
    }
  }

  grpc::ClientContext context_;
  Response response_;
  std::shared_ptr<ClientWriteCall> self_;  // gRPC's share, until OnDone
  Request message_;                        // gRPC's during a Write
  // Only touched by gRPC's reactions, one at a time.
  WrittenCallback on_written_;
  DoneCallback on_done_;

  absl::Mutex mutex_;
  std::deque<Request> waiting_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;   // nothing more comes
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // nothing more is sent
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_CLIENT_WRITE_CALL_H_
