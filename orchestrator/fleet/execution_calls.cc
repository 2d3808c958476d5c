#include "orchestrator/fleet/execution_calls.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "orchestrator/fleet/replica_channel.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/trace_parent.h"
#include "services/common/rpc/client_stream_call.h"

namespace stagecoach {

// One call. Shared by its two callbacks, so it lives until both are gone.
struct ExecutionCalls::Execution {
  CallGate::Pass pass;  // first, so that it is let go of last
  std::string address;
  ExecutionCallbacks callbacks;
  absl::optional<v1::ExecutionResult> result;
};

void ExecutionCalls::Start(const std::shared_ptr<ReplicaChannel>& channel,
                           const v1::ExecuteRequest& request,
                           const ExecutionOptions& options,
                           ExecutionCallbacks callbacks, CallGate::Pass pass) {
  auto execution = std::make_shared<Execution>();
  execution->address = channel->address();
  execution->callbacks = std::move(callbacks);
  execution->pass = std::move(pass);
  const Execution* const key = execution.get();
  {
    absl::MutexLock lock(&mutex_);
    open_.emplace(key, nullptr);
  }
  std::shared_ptr<Call> call = Call::Start(
      options.deadline,
      [&](auto* context, auto* reactor) {
        if (!options.trace_parent.empty()) {
          context->AddMetadata(kTraceParentHeader, options.trace_parent);
        }
        channel->stage().async()->Execute(context, &request, reactor);
      },
      [this, execution](const v1::ExecuteResponse& message) {
        OnMessage(*execution, message);
      },
      [this, execution](absl::Status end) {
        OnEnd(*execution, std::move(end));
      });
  bool detached = false;
  {
    absl::MutexLock lock(&mutex_);
    detached = detached_;
    const auto open = open_.find(key);
    if (open != open_.end()) open->second = call;
  }
  if (detached) call->Cancel();
}

void ExecutionCalls::Detach() {
  std::vector<std::shared_ptr<Call>> calls;
  {
    absl::MutexLock lock(&mutex_);
    detached_ = true;
    for (const auto& [execution, call] : open_) {
      if (call != nullptr) calls.push_back(call);
    }
  }
  for (const auto& call : calls) call->Cancel();
}

void ExecutionCalls::OnMessage(Execution& execution,
                               const v1::ExecuteResponse& message) {
  if (message.has_result()) {
    execution.result = message.result();
  } else if (message.has_progress() && !execution.result.has_value()) {
    execution.callbacks.on_progress(message.progress());
  }
}

void ExecutionCalls::OnEnd(Execution& execution, absl::Status end) {
  absl::StatusOr<v1::ExecutionResult> outcome =
      Conclude(execution, std::move(end));
  execution.callbacks.on_end(std::move(outcome));
}

absl::StatusOr<v1::ExecutionResult> ExecutionCalls::Conclude(
    Execution& execution, absl::Status end) {
  bool detached = false;
  std::shared_ptr<Call> ended;  // let go of without the lock
  {
    absl::MutexLock lock(&mutex_);
    detached = detached_;
    const auto open = open_.find(&execution);
    ended = std::move(open->second);
    open_.erase(open);
  }
  if (end.ok()) {
    if (execution.result.has_value()) return *std::move(execution.result);
    return absl::InternalError(absl::StrCat(
        "replica ", execution.address, ": its stream ended without a result"));
  }
  if (detached && absl::IsCancelled(end)) {
    return absl::UnavailableError(
        absl::StrCat("the orchestrator is stopping; the execution goes on at ",
                     execution.address));
  }
  if (absl::IsUnavailable(end)) {
    return WithContext(end, "replica ", execution.address);
  }
  return end;
}

}  // namespace stagecoach
