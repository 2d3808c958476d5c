#include "orchestrator/api/run_tails.h"

#include <utility>
#include <vector>

#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

constexpr int kPage = 500;

}  // namespace

RunTails::RunTails(RunStore& store, absl::Duration interval)
    : store_(store), interval_(interval), thread_([this] { RunThread(); }) {}

RunTails::~RunTails() { Stop(); }

void RunTails::Add(const std::string& run_id, int64_t after_cursor,
                   const std::shared_ptr<RunWatcher>& watcher) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      tails_[watcher.get()] = {run_id, after_cursor, watcher};
      changed_.insert(run_id);
      return;
    }
  }
  watcher->OnStop();
}

void RunTails::Remove(const RunWatcher* watcher) {
  absl::MutexLock lock(&mutex_);
  tails_.erase(watcher);
}

void RunTails::Changed(absl::string_view run_id) {
  absl::MutexLock lock(&mutex_);
  if (run_id.empty()) {
    any_changed_ = true;
  } else if (!tails_.empty()) {
    changed_.emplace(run_id);
  }
}

void RunTails::Stop() {
  std::map<const RunWatcher*, Tail> tails;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
  {
    absl::MutexLock lock(&mutex_);
    tails = std::exchange(tails_, {});
  }
  for (const auto& [key, tail] : tails) tail.watcher->OnStop();
}

std::map<const RunWatcher*, RunTails::Tail> RunTails::AwaitDue() {
  absl::MutexLock lock(&mutex_);
  for (;;) {
    const bool heard = mutex_.AwaitWithTimeout(
        absl::Condition(this, &RunTails::HasNews),
        tails_.empty() ? absl::InfiniteDuration() : interval_);
    if (stopping_) return {};
    const bool all = std::exchange(any_changed_, false) || !heard;
    const std::set<std::string, std::less<>> changed =
        std::exchange(changed_, {});
    std::map<const RunWatcher*, Tail> due;
    for (const auto& [key, tail] : tails_) {
      if (all || changed.contains(tail.run_id)) due[key] = tail;
    }
    if (!due.empty()) return due;
  }
}

void RunTails::RunThread() {
  for (;;) {
    std::map<const RunWatcher*, Tail> due = AwaitDue();
    if (due.empty()) return;
    for (auto& [key, tail] : due) {
      const absl::StatusOr<bool> ended = Follow(tail);
      if (!ended.ok()) {
        Log(LogLevel::kWarning, "run not followed",
            {{"run", tail.run_id}, {"error", ended.status()}});
      }
      absl::MutexLock lock(&mutex_);
      const auto kept = tails_.find(key);
      if (kept == tails_.end()) continue;
      kept->second.cursor = tail.cursor;
      if (ended.ok() && *ended) tails_.erase(kept);
    }
  }
}

absl::StatusOr<bool> RunTails::Follow(Tail& tail) {
  for (;;) {
    SC_ASSIGN_OR_RETURN(const std::vector<v1::RunEvent> events,
                        store_.ListEvents(tail.run_id, tail.cursor, kPage));
    bool ended = false;
    for (const v1::RunEvent& event : events) {
      tail.watcher->OnEvent(event);
      tail.cursor = event.cursor();
      ended = ended || IsTerminal(event.run().state());
    }
    if (!ended && events.size() == kPage) continue;
    if (!ended && !events.empty()) return false;
    const absl::StatusOr<v1::Run> run = store_.GetRun(tail.run_id);
    if (absl::IsNotFound(run.status())) {
      tail.watcher->OnStop();  // deleted: the next call says so
      return true;
    }
    SC_RETURN_IF_ERROR(run.status());
    if (!ended) return false;
    tail.watcher->OnEnd(*run);
    return true;
  }
}

}  // namespace stagecoach
