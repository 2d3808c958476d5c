#include "services/common/stagekit/execution.h"

#include <algorithm>
#include <utility>

namespace stagecoach {
namespace {

// Whether work that gets done despite the stop is kept.
bool KeepsFinishedWork(const absl::Status& stop) {
  return stop.ok() || stop.code() == absl::StatusCode::kUnavailable;
}

}  // namespace

Execution::Execution(ExecutionId id)
    : id_(std::move(id)), name_(FormatExecutionId(id_)) {}

void Execution::ReportProgress(const v1::Progress& progress) {
  auto report = std::make_shared<const v1::Progress>(progress);
  std::vector<std::shared_ptr<ExecutionWatcher>> watchers;
  {
    absl::MutexLock lock(&mutex_);
    progress_ = report;
    ++reports_;
    watchers = watchers_;
  }
  for (const auto& watcher : watchers) watcher->OnProgress(*report);
  if (log_ != nullptr) log_->AddProgress(progress);
}

void Execution::RequestStop(const absl::Status& why) {
  absl::MutexLock lock(&mutex_);
  RequestStopLocked(why);
}

void Execution::RequestStopLocked(const absl::Status& why) {
  if (sealed_) return;
  if (!stop_.ok() && !(KeepsFinishedWork(stop_) && !KeepsFinishedWork(why))) {
    return;
  }
  stop_ = why;
  stop_requested_.store(true, std::memory_order_relaxed);
}

absl::Status Execution::Seal(const absl::Status& work) {
  absl::MutexLock lock(&mutex_);
  if (!work.ok()) return stop_.ok() ? work : stop_;
  if (!KeepsFinishedWork(stop_)) return stop_;
  sealed_ = true;
  return absl::OkStatus();
}

void Execution::End(ExecutionEnd end) {
  auto shared = std::make_shared<const ExecutionEnd>(std::move(end));
  std::vector<std::shared_ptr<ExecutionWatcher>> watchers;
  {
    absl::MutexLock lock(&mutex_);
    sealed_ = true;
    end_ = shared;
    watchers = std::move(watchers_);
    watchers_.clear();
  }
  for (const auto& watcher : watchers) watcher->OnEnd(*shared);
}

void Execution::Watch(std::shared_ptr<ExecutionWatcher> watcher) {
  int64_t seen = 0;
  for (;;) {
    std::shared_ptr<const v1::Progress> progress;
    std::shared_ptr<const ExecutionEnd> end;
    {
      absl::MutexLock lock(&mutex_);
      end = end_;
      if (end == nullptr && seen == reports_) {
        watchers_.push_back(std::move(watcher));
        ++watches_;
        return;
      }
      progress = progress_;
      seen = reports_;
    }
    // Told before it is added, so that no newer report can overtake this one.
    if (end != nullptr) {
      watcher->OnEnd(*end);
      return;
    }
    watcher->OnProgress(*progress);
  }
}

std::optional<int64_t> Execution::Unwatch(const ExecutionWatcher* watcher) {
  absl::MutexLock lock(&mutex_);
  const auto found =
      std::find_if(watchers_.begin(), watchers_.end(),
                   [&](const auto& each) { return each.get() == watcher; });
  if (found == watchers_.end()) return std::nullopt;
  watchers_.erase(found);
  if (!watchers_.empty()) return std::nullopt;
  return watches_;
}

void Execution::StopIfStillUnwatched(int64_t token, const absl::Status& why) {
  absl::MutexLock lock(&mutex_);
  if (watches_ == token) RequestStopLocked(why);
}

}  // namespace stagecoach
