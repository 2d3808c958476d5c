#include "orchestrator/fleet/execution_calls.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "orchestrator/fleet/execution_session.h"
#include "orchestrator/fleet/fleet_errors.h"
#include "orchestrator/fleet/replica_channel.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/trace_parent.h"
#include "services/common/rpc/client_stream_call.h"

namespace stagecoach {
namespace {

// A larger request goes alone, so that one that no stage takes ends no other
// execution than its own.
constexpr size_t kMaxSessionRequestBytes = 1 << 20;

}  // namespace

// A call of its own. Shared by its two callbacks, so it lives until both are
// gone.
struct ExecutionCalls::Execution {
  explicit Execution(ExecutionOrder given) : order(std::move(given)) {}

  ExecutionOrder order;
  absl::optional<v1::ExecutionResult> result;
};

void ExecutionCalls::Start(ExecutionOrder order) {
  const std::shared_ptr<ReplicaChannel> channel = order.channel;
  if (sessions_wanted_ &&
      order.request.ByteSizeLong() <= kMaxSessionRequestBytes) {
    const auto open = channel->session();
    if (open != nullptr && ExecuteOver(open, order)) return;
    if (!channel->serves_no_sessions()) {
      const auto opened = OpenSession(channel);
      if (opened != nullptr && ExecuteOver(opened, order)) return;
    }
  }
  StartCall(std::move(order));
}

bool ExecutionCalls::ExecuteOver(
    const std::shared_ptr<ExecutionSession>& session, ExecutionOrder& order) {
  if (!session->Execute(order)) return false;
  {
    absl::MutexLock lock(&mutex_);
    if (holding_) {
      held_.insert(session);
      return true;
    }
  }
  session->Send();
  return true;
}

void ExecutionCalls::Hold() {
  absl::MutexLock lock(&mutex_);
  holding_ = true;
}

void ExecutionCalls::Send() {
  absl::flat_hash_set<std::shared_ptr<ExecutionSession>> held;
  {
    absl::MutexLock lock(&mutex_);
    holding_ = false;
    held.swap(held_);
  }
  for (const auto& session : held) session->Send();
}

std::shared_ptr<ExecutionSession> ExecutionCalls::OpenSession(
    const std::shared_ptr<ReplicaChannel>& channel) {
  CallGate::Pass pass = gate_.Enter();
  if (!pass) return nullptr;
  bool detached = false;
  auto session = ExecutionSession::Open(
      channel->sessions(), channel->address(), timers_, std::move(pass),
      [this, weak = std::weak_ptr<ReplicaChannel>(channel)](
          const ExecutionSession* over, bool served, auto unserved) {
        const auto used = weak.lock();
        if (!served && used != nullptr) used->SetServesNoSessions();
        for (ExecutionOrder& order : unserved) StartCall(std::move(order));
        ForgetSession(over);
      });
  {
    absl::MutexLock lock(&mutex_);
    sessions_.emplace(session.get(), session);
    detached = detached_;
  }
  if (detached) session->Cancel();
  // It may have been over before it was remembered.
  if (session->closed()) ForgetSession(session.get());
  channel->SetSession(session);
  return session;
}

void ExecutionCalls::ForgetSession(const ExecutionSession* session) {
  std::shared_ptr<ExecutionSession> over;  // let go of without the lock
  absl::MutexLock lock(&mutex_);
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  over = std::move(found->second);
  sessions_.erase(found);
}

void ExecutionCalls::StartCall(ExecutionOrder order) {
  auto execution = std::make_shared<Execution>(std::move(order));
  const Execution* const key = execution.get();
  {
    absl::MutexLock lock(&mutex_);
    open_.emplace(key, nullptr);
  }
  const ExecutionOptions& options = execution->order.options;
  std::shared_ptr<Call> call = Call::Start(
      options.deadline,
      [&](auto* context, auto* reactor) {
        if (!options.trace_parent.empty()) {
          context->AddMetadata(kTraceParentHeader, options.trace_parent);
        }
        execution->order.channel->stage().async()->Execute(
            context, &execution->order.request, reactor);
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
  std::vector<std::shared_ptr<ExecutionSession>> sessions;
  {
    absl::MutexLock lock(&mutex_);
    detached_ = true;
    for (const auto& [execution, call] : open_) {
      if (call != nullptr) calls.push_back(call);
    }
    for (const auto& [key, session] : sessions_) sessions.push_back(session);
  }
  for (const auto& call : calls) call->Cancel();
  for (const auto& session : sessions) session->Cancel();
}

void ExecutionCalls::OnMessage(Execution& execution,
                               const v1::ExecuteResponse& message) {
  if (message.has_result()) {
    execution.result = message.result();
  } else if (message.has_progress() && !execution.result.has_value()) {
    execution.order.callbacks.on_progress(message.progress());
  }
}

void ExecutionCalls::OnEnd(Execution& execution, absl::Status end) {
  absl::StatusOr<v1::ExecutionResult> outcome =
      Conclude(execution, std::move(end));
  execution.order.callbacks.on_end(std::move(outcome));
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
  const std::string& address = execution.order.channel->address();
  if (end.ok()) {
    if (execution.result.has_value()) return *std::move(execution.result);
    return absl::InternalError(absl::StrCat(
        "replica ", address, ": its stream ended without a result"));
  }
  if (detached && absl::IsCancelled(end)) return LeftToReplica(address);
  if (absl::IsUnavailable(end)) return WithContext(end, "replica ", address);
  return end;
}

}  // namespace stagecoach
