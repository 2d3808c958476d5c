#include "orchestrator/fleet/execution_session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "orchestrator/fleet/fleet_errors.h"
#include "services/common/base/retry_hint.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// A message is closed when it has this many bytes: with the largest order
// (execution_calls.cc) still far below what a stage takes.
constexpr size_t kFullMessageBytes = 256 << 10;

absl::Status FromSessionError(const v1::SessionError& error) {
  absl::Status status(static_cast<absl::StatusCode>(error.code()),
                      error.message());
  if (status.ok()) {
    return absl::InternalError("the stage calls an error what is none");
  }
  if (error.has_retry_after()) {
    SetRetryHint(status, FromProtoDuration(error.retry_after()));
  }
  return status;
}

}  // namespace

std::shared_ptr<ExecutionSession> ExecutionSession::Open(
    v1::SessionService::Stub& stub, std::string address, TimerQueue& timers,
    CallGate::Pass pass, OnOver on_over) {
  // What the stream holds. The pass comes first, to be let go of last.
  struct Held {
    CallGate::Pass pass;
    std::shared_ptr<ExecutionSession> self;
  };
  Held held{std::move(pass),
            std::shared_ptr<ExecutionSession>(new ExecutionSession(
                std::move(address), timers, std::move(on_over)))};
  std::shared_ptr<ExecutionSession> self = held.self;
  ExecutionSession* const session = self.get();
  self->call_ = Call::Start(
      [&](auto* context, auto* reactor) {
        stub.async()->ExecuteMany(context, reactor);
      },
      {/*next=*/[session](auto& message) { return session->Next(message); },
       /*on_message=*/
       [session](v1::ExecuteManyResponse& message) {
         for (auto& event : *message.mutable_events()) session->OnEvent(event);
       },
       /*on_done=*/
       [held = std::move(held)](const absl::Status& end) {
         held.self->OnDone(end);
       }});
  return self;
}

ExecutionSession::ExecutionSession(std::string address, TimerQueue& timers,
                                   OnOver on_over)
    : address_(std::move(address)),
      timers_(timers),
      on_over_(std::move(on_over)) {}

bool ExecutionSession::Execute(ExecutionOrder& order) {
  const absl::Duration deadline = order.options.deadline;
  uint64_t id = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (closed_) return false;
    id = ++last_id_;
    v1::SessionCall& call = outgoing_.emplace_back();
    call.set_call_id(id);
    call.set_trace_parent(order.options.trace_parent);
    *call.mutable_patience() = ToProtoDuration(deadline);
    if (served_) {
      *call.mutable_request() = std::move(order.request);
    } else {
      *call.mutable_request() = order.request;
    }
    auto entry = std::make_shared<Entry>();
    entry->order = std::move(order);
    entries_[id] = std::move(entry);
  }
  const TimerQueue::TimerId timer = timers_.Schedule(
      deadline, [self = shared_from_this(), id] { self->Expire(id); });
  bool over = false;
  {
    absl::MutexLock lock(&mutex_);
    const auto entry = entries_.find(id);
    over = entry == entries_.end();
    if (!over) entry->second->timer = timer;
  }
  if (over) timers_.Cancel(timer);
  return true;
}

void ExecutionSession::Send() { call_->Wake(); }

bool ExecutionSession::closed() const {
  absl::MutexLock lock(&mutex_);
  return closed_;
}

void ExecutionSession::Close() {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  call_->WritesDone();
}

void ExecutionSession::Cancel() {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    cancelled_ = true;
  }
  call_->Cancel();
}

bool ExecutionSession::Next(v1::ExecuteManyRequest& message) {
  absl::MutexLock lock(&mutex_);
  size_t bytes = 0;
  while (!outgoing_.empty() && bytes < kFullMessageBytes) {
    v1::SessionCall& call = *message.add_calls();
    call = std::move(outgoing_.front());
    outgoing_.pop_front();
    bytes += call.ByteSizeLong();
  }
  return !message.calls().empty();
}

void ExecutionSession::OnEvent(v1::SessionEvent& event) {
  switch (event.event_case()) {
    case v1::SessionEvent::kProgress:
      return Report(event.call_id(), event.progress());
    case v1::SessionEvent::kResult:
      return End(event.call_id(), std::move(*event.mutable_result()));
    case v1::SessionEvent::kError: {
      absl::Status error = FromSessionError(event.error());
      if (absl::IsUnavailable(error)) error = WhyLost(error, false);
      return End(event.call_id(), std::move(error));
    }
    case v1::SessionEvent::EVENT_NOT_SET:
      return;  // of a later version
  }
}

void ExecutionSession::Report(uint64_t id, const v1::Progress& progress) {
  std::shared_ptr<Entry> entry;
  {
    absl::MutexLock lock(&mutex_);
    served_ = true;
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    entry = found->second;
    entry->reporting = true;
  }
  entry->order.callbacks.on_progress(progress);
  std::optional<absl::Status> overdue;
  {
    absl::MutexLock lock(&mutex_);
    entry->reporting = false;
    overdue = entry->overdue;
  }
  if (overdue.has_value()) entry->order.callbacks.on_end(*overdue);
}

void ExecutionSession::End(uint64_t id,
                           absl::StatusOr<v1::ExecutionResult> end) {
  std::shared_ptr<Entry> entry;
  {
    absl::MutexLock lock(&mutex_);
    served_ = true;
    entry = TakeLocked(id);
  }
  if (entry == nullptr) return;
  timers_.Cancel(entry->timer);
  entry->order.callbacks.on_end(std::move(end));
}

void ExecutionSession::Expire(uint64_t id) {
  std::shared_ptr<Entry> entry;
  absl::Status end;
  {
    absl::MutexLock lock(&mutex_);
    entry = TakeLocked(id);
    if (entry == nullptr) return;
    end = absl::DeadlineExceededError(
        absl::StrCat("replica ", address_, " told of no end within ",
                     absl::FormatDuration(entry->order.options.deadline)));
    if (entry->reporting) {
      entry->overdue = std::move(end);
      return;
    }
  }
  entry->order.callbacks.on_end(std::move(end));
}

std::shared_ptr<ExecutionSession::Entry> ExecutionSession::TakeLocked(
    uint64_t id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return nullptr;
  std::shared_ptr<Entry> entry = std::move(found->second);
  entries_.erase(found);
  return entry;
}

void ExecutionSession::OnDone(const absl::Status& status) {
  Entries left;
  bool unseen = false;
  bool cancelled = false;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    left.swap(entries_);
    outgoing_.clear();
    unseen = !served_ && absl::IsUnimplemented(status);
    cancelled = cancelled_;
  }
  std::vector<ExecutionOrder> unserved;
  for (auto& [id, entry] : left) {
    timers_.Cancel(entry->timer);
    if (unseen) {
      unserved.push_back(std::move(entry->order));
    } else {
      entry->order.callbacks.on_end(WhyLost(status, cancelled));
    }
  }
  on_over_(this, !unseen, std::move(unserved));
}

absl::Status ExecutionSession::WhyLost(const absl::Status& end,
                                       bool cancelled) const {
  if (cancelled) return LeftToReplica(address_);
  if (absl::IsUnavailable(end)) return WithContext(end, "replica ", address_);
  return absl::UnavailableError(absl::StrCat(
      "replica ", address_, ": the stream of its executions ended: ",
      end.ok() ? "it is stopping" : end.ToString()));
}

}  // namespace stagecoach
