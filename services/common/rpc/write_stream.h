// The server's end of a call that returns a stream, so that nobody else writes
// a gRPC reactor.
//
//   grpc::ServerWriteReactor<WatchRunResponse>* Api::WatchRun(
//       grpc::CallbackServerContext* context, const WatchRunRequest* request) {
//     auto stream = WriteStream<WatchRunResponse>::Create(*context);
//     const auto id = hub_.Add(request->run_id(), stream);
//     stream->OnCancel([this, id] { hub_.Remove(id); });
//     return stream->reactor();
//   }
//   …
//   stream->Write(progress, Keep::kNewest);
//   stream->WriteAndFinish(result, absl::OkStatus());

#ifndef SERVICES_COMMON_RPC_WRITE_STREAM_H_
#define SERVICES_COMMON_RPC_WRITE_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/optional.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/write_queue.h"

namespace stagecoach {

// Messages wait in a WriteQueue while the reader is slow; nothing here blocks.
// A call that the client cancels, or whose connection is lost, ends by itself.
// Every other one must be ended with Finish, or its server cannot stop.
//
// Threads:   every method may be called from any thread, and at any time: after
//            the call's end they do nothing.
// Ownership: shared between the users and gRPC, which lets go of it when the
//            call has ended.
template <typename Message>
class WriteStream final : private grpc::ServerWriteReactor<Message> {
 public:
  // `context` is the call's.
  static std::shared_ptr<WriteStream> Create(
      grpc::CallbackServerContext& context, WriteQueueLimits limits = {}) {
    std::shared_ptr<WriteStream> stream(new WriteStream(context, limits));
    stream->self_ = stream;
    return stream;
  }

  // What the service's method returns.
  grpc::ServerWriteReactor<Message>* reactor() { return this; }

  // Queues a message. Returns whether it may still arrive: false once the call
  // was finished or cancelled. If more messages are waiting that must all
  // arrive than the limits allow, the call ends as RESOURCE_EXHAUSTED.
  bool Write(Message message, Keep keep) {
    {
      absl::MutexLock lock(&mutex_);
      if (finish_.has_value() || cancelled_) return false;
      PushLocked(std::move(message), keep);
    }
    Pump();
    return true;
  }

  // Ends the call with `status` once everything queued is sent. The first end
  // counts.
  void Finish(absl::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      if (finish_.has_value() || cancelled_) return;
      finish_ = std::move(status);
    }
    Pump();
  }

  // Queues the last message and ends the call; cheaper than one by one.
  void WriteAndFinish(Message message, absl::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      if (finish_.has_value() || cancelled_) return;
      PushLocked(std::move(message), Keep::kAll);
      if (!finish_.has_value()) finish_ = std::move(status);
    }
    Pump();
  }

  // `callback` is called once if the call ends before Finish, from a thread of
  // gRPC or, if that has happened already, from within this call. It must not
  // block. Set it once.
  void OnCancel(absl::AnyInvocable<void()> callback) {
    {
      absl::MutexLock lock(&mutex_);
      if (finish_.has_value()) return;
      if (!cancelled_) {
        on_cancel_ = std::move(callback);
        return;
      }
    }
    callback();
  }

  // `callback` is called once, from a thread of gRPC, when the messages queued
  // so far are on their way: time for more. Set it before the Write that it is
  // to wait for; it must not block. Not called once the call has ended.
  void OnDrained(absl::AnyInvocable<void()> callback) {
    absl::MutexLock lock(&mutex_);
    on_drained_ = std::move(callback);
  }

  // Whether the call ended before Finish.
  bool cancelled() const {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }

 private:
  WriteStream(grpc::CallbackServerContext& context, WriteQueueLimits limits)
      : context_(context), queue_(limits) {}

  void PushLocked(Message message, Keep keep)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (queue_.Push(std::move(message), keep)) return;
    queue_.Clear();
    finish_ = absl::ResourceExhaustedError(
        "the reader is too slow: too many messages are waiting for it");
  }

  // Starts the next operation, if one is due. Only one thread at a time gets
  // past the lock, because `busy_` stays set until the operation is done.
  void Pump() {
    absl::optional<absl::Status> end;
    grpc::WriteOptions options;
    bool write = false;
    {
      absl::MutexLock lock(&mutex_);
      if (busy_ || ended_) return;
      if (cancelled_) {
        end = absl::CancelledError("the call was cancelled");
      } else {
        write = queue_.Pop(sending_);
        // Another follows at once: they may share a packet.
        if (!queue_.empty()) options.set_buffer_hint();
        if (finish_.has_value() && queue_.empty()) end = *finish_;
      }
      if (!write && !end.has_value()) return;
      busy_ = true;
      ended_ = end.has_value();
    }
    Start(write, options, end);
  }

  void Start(bool write, grpc::WriteOptions options,
             const absl::optional<absl::Status>& end) {
    if (!end.has_value()) {
      this->StartWrite(&sending_, options);
    } else if (write) {
      this->StartWriteAndFinish(&sending_, grpc::WriteOptions(),
                                ToGrpcStatus(*end, context_));
    } else {
      grpc::ServerWriteReactor<Message>::Finish(ToGrpcStatus(*end, context_));
    }
  }

  void Cancel() {
    absl::AnyInvocable<void()> callback;
    {
      absl::MutexLock lock(&mutex_);
      if (cancelled_ || finish_.has_value()) {
        // Nobody reads what is left: end at once, with the status given.
        queue_.Clear();
      } else {
        cancelled_ = true;
        queue_.Clear();
        callback = std::move(on_cancel_);
      }
    }
    if (callback) callback();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) Cancel();
    absl::AnyInvocable<void()> drained;
    {
      absl::MutexLock lock(&mutex_);
      if (ended_) return;  // the operation was the end itself
      busy_ = false;
      if (ok && queue_.empty()) drained = std::move(on_drained_);
    }
    if (drained) drained();
    Pump();
  }

  void OnCancel() override {
    Cancel();
    Pump();
  }

  void OnDone() override {
    absl::AnyInvocable<void()> dropped;
    absl::AnyInvocable<void()> drained;
    {
      absl::MutexLock lock(&mutex_);
      dropped = std::move(on_cancel_);
      drained = std::move(on_drained_);
    }
    const std::shared_ptr<WriteStream> last = std::move(self_);
  }

  grpc::CallbackServerContext& context_;  // valid until the end is sent
  std::shared_ptr<WriteStream> self_;     // gRPC's share, until OnDone
  Message sending_;                       // only touched by who set `busy_`

  mutable absl::Mutex mutex_;
  WriteQueue<Message> queue_ ABSL_GUARDED_BY(mutex_);
  absl::AnyInvocable<void()> on_cancel_ ABSL_GUARDED_BY(mutex_);
  absl::AnyInvocable<void()> on_drained_ ABSL_GUARDED_BY(mutex_);
  absl::optional<absl::Status> finish_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_WRITE_STREAM_H_
