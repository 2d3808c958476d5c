#include "orchestrator/export/export_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/common/base/logging.h"

namespace stagecoach {
namespace {

prometheus::Counter& CounterOf(prometheus::Registry& registry,
                               const std::string& exporter,
                               const std::string& outcome) {
  return prometheus::BuildCounter()
      .Name("stagecoach_export_total")
      .Help("What was handed to an exporter, by what became of it.")
      .Register(registry)
      .Add({{"exporter", exporter}, {"outcome", outcome}});
}

}  // namespace

ExportMetrics::ExportMetrics(prometheus::Registry& registry,
                             const std::string& exporter)
    : sent(CounterOf(registry, exporter, "sent")),
      dropped(CounterOf(registry, exporter, "dropped")) {}

ExportQueue::ExportQueue(std::string name, ExportOptions options, Send send,
                         ExportMetrics& metrics)
    : name_(std::move(name)),
      options_(options),
      send_(std::move(send)),
      metrics_(metrics),
      thread_([this] { RunThread(); }) {}

void ExportQueue::Offer(Item item) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopped_ && items_.size() < options_.capacity) {
      items_.push_back(std::move(item));
      return;
    }
  }
  metrics_.dropped.Increment();
}

void ExportQueue::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    stopped_ = true;
    give_up_ = absl::Now() + options_.stop_limit;
  }
  thread_.join();
}

std::vector<ExportQueue::Item> ExportQueue::TakeBatch() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &ExportQueue::HasWorkOrStopped));
  const size_t count = std::min(options_.batch, items_.size());
  std::vector<Item> batch(std::make_move_iterator(items_.begin()),
                          std::make_move_iterator(items_.begin() + count));
  items_.erase(items_.begin(), items_.begin() + count);
  return batch;
}

void ExportQueue::RunThread() {
  // An empty batch comes only once it is stopped and nothing waits.
  for (std::vector<Item> batch = TakeBatch(); !batch.empty();
       batch = TakeBatch()) {
    std::vector<std::string> records;
    for (const Item& item : batch) {
      std::vector<std::string> made = item();
      std::move(made.begin(), made.end(), std::back_inserter(records));
    }
    const absl::Status sent =
        records.empty() ? absl::OkStatus() : SendInTime(records);
    if (sent.ok()) {
      metrics_.sent.Increment(static_cast<double>(batch.size()));
    } else {
      Drop(batch.size(), sent);
    }
  }
}

absl::Status ExportQueue::SendInTime(const std::vector<std::string>& records) {
  absl::Status sent;
  for (int i = 0; i < options_.tries; ++i) {
    {
      absl::MutexLock lock(&mutex_);
      if (absl::Now() >= give_up_) {
        return absl::UnavailableError("the orchestrator is stopping");
      }
    }
    sent = send_(records);
    if (!absl::IsUnavailable(sent)) return sent;
    if (i + 1 < options_.tries && PauseOrStop()) return sent;
  }
  return sent;
}

// Whether it is stopped: then nothing is tried again.
bool ExportQueue::PauseOrStop() {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(this, &ExportQueue::stopped),
                                 options_.pause);
}

void ExportQueue::Drop(size_t items, const absl::Status& why) {
  metrics_.dropped.Increment(static_cast<double>(items));
  Log(LogLevel::kWarning, "export is dropped",
      {{"exporter", name_}, {"items", items}, {"error", why}});
}

}  // namespace stagecoach
