#include "services/common/stagekit/stage_session.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/retry_hint.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// A message is closed when it has this many bytes: far below what a channel
// takes (channel.h), whatever comes last.
constexpr size_t kFullMessageBytes = 256 << 10;

// What does not fit into a message of its own cannot be told.
constexpr size_t kMaxEventBytes = 3 << 20;

v1::SessionError ToSessionError(const absl::Status& status) {
  v1::SessionError error;
  error.set_code(status.raw_code());
  error.set_message(std::string(status.message()));
  if (const auto wait = RetryHint(status)) {
    *error.mutable_retry_after() = ToProtoDuration(*wait);
  }
  return error;
}

void SetEnd(v1::SessionEvent& event, ExecutionEnd end) {
  if (!end.ok()) {
    *event.mutable_error() = ToSessionError(end.status());
    return;
  }
  if (const size_t size = end->ByteSizeLong(); size > kMaxEventBytes) {
    *event.mutable_error() = ToSessionError(absl::ResourceExhaustedError(
        absl::StrCat("the result has ", size, " bytes, more than a message of ",
                     kMaxEventBytes, " holds")));
    return;
  }
  *event.mutable_result() = *std::move(end);
}

}  // namespace

// Passes on what an execution reports to one call.
class StageSession::Watcher final : public ExecutionWatcher {
 public:
  Watcher(std::shared_ptr<StageSession> session, uint64_t id)
      : session_(std::move(session)), id_(id) {}

  void OnProgress(const v1::Progress& progress) override {
    session_->Report(id_, progress);
  }
  void OnEnd(const ExecutionEnd& end) override { session_->End(id_, end); }

 private:
  const std::shared_ptr<StageSession> session_;
  const uint64_t id_;
};

void StageSession::Start() {
  auto self = shared_from_this();
  stream_->Start(
      {/*on_message=*/[self](auto& message) { self->OnMessage(message); },
       /*on_read_all=*/[self] { self->Close(absl::OkStatus()); },
       /*on_cancel=*/[self] { self->Abandon(); },
       /*next=*/[self](auto& message) { return self->Next(message); }});
}

void StageSession::Close(absl::Status end) {
  {
    absl::MutexLock lock(&mutex_);
    if (!close_.has_value()) close_ = std::move(end);
  }
  stream_->Wake();
}

void StageSession::OnMessage(const v1::ExecuteManyRequest& message) {
  for (const v1::SessionCall& call : message.calls()) Make(call);
}

void StageSession::Make(const v1::SessionCall& call) {
  const uint64_t id = call.call_id();
  auto watcher = std::make_shared<Watcher>(shared_from_this(), id);
  const ExecutionWatcher* const key = watcher.get();
  if (!Add(id, key)) {
    stream_->Finish(absl::InvalidArgumentError(
        absl::StrCat("call_id ", id, " is that of a call that is still open")));
    Abandon();
    return;
  }
  std::shared_ptr<Execution> execution =
      stage_.Join(call.request(),
                  call.has_patience() ? FromProtoDuration(call.patience())
                                      : absl::InfiniteDuration(),
                  call.trace_parent(), std::move(watcher));
  if (execution == nullptr) return;
  {
    absl::MutexLock lock(&mutex_);
    if (!abandoned_) {
      const auto found = calls_.find(id);
      if (found != calls_.end()) found->second.execution = std::move(execution);
      return;
    }
  }
  stage_.Leave(execution, key);
}

bool StageSession::Add(uint64_t id, const ExecutionWatcher* watcher) {
  absl::MutexLock lock(&mutex_);
  const auto [call, added] = calls_.try_emplace(id);
  if (added) call->second.watcher = watcher;
  return added;
}

void StageSession::Report(uint64_t id, const v1::Progress& progress) {
  {
    absl::MutexLock lock(&mutex_);
    const auto call = calls_.find(id);
    if (call == calls_.end()) return;
    call->second.progress = progress;
    AwaitTurnLocked(id, call->second);
  }
  stream_->Wake();
}

void StageSession::End(uint64_t id, const ExecutionEnd& end) {
  {
    absl::MutexLock lock(&mutex_);
    const auto call = calls_.find(id);
    if (call == calls_.end()) return;
    call->second.end = end;
    AwaitTurnLocked(id, call->second);
  }
  stream_->Wake();
}

void StageSession::AwaitTurnLocked(uint64_t id, Call& call) {
  if (std::exchange(call.waiting, true)) return;
  waiting_.push_back(id);
}

bool StageSession::Next(v1::ExecuteManyResponse& message) {
  std::optional<absl::Status> end;
  {
    absl::MutexLock lock(&mutex_);
    size_t bytes = 0;
    while (!waiting_.empty() && bytes < kFullMessageBytes) {
      bytes += TellLocked(waiting_.front(), message);
      waiting_.pop_front();
    }
    if (calls_.empty()) end = close_;
  }
  if (end.has_value()) stream_->Finish(*std::move(end));
  return !message.events().empty();
}

size_t StageSession::TellLocked(uint64_t id, v1::ExecuteManyResponse& message) {
  size_t bytes = 0;
  const auto found = calls_.find(id);
  Call& call = found->second;
  call.waiting = false;
  if (call.progress.has_value()) {
    v1::SessionEvent& event = *message.add_events();
    event.set_call_id(id);
    *event.mutable_progress() = *std::exchange(call.progress, std::nullopt);
    bytes += event.ByteSizeLong();
  }
  if (call.end.has_value()) {
    v1::SessionEvent& event = *message.add_events();
    event.set_call_id(id);
    SetEnd(event, *std::move(call.end));
    bytes += event.ByteSizeLong();
    calls_.erase(found);
  }
  return bytes;
}

void StageSession::Abandon() {
  std::vector<Call> left;
  {
    absl::MutexLock lock(&mutex_);
    abandoned_ = true;
    for (auto& [id, call] : calls_) left.push_back(std::move(call));
    calls_.clear();
    waiting_.clear();
  }
  for (const Call& call : left) {
    if (call.execution != nullptr) stage_.Leave(call.execution, call.watcher);
  }
}

}  // namespace stagecoach
