// Sends what happens elsewhere, without ever holding up where it happens.

#ifndef ORCHESTRATOR_EXPORT_EXPORT_QUEUE_H_
#define ORCHESTRATOR_EXPORT_EXPORT_QUEUE_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "prometheus/counter.h"
#include "prometheus/registry.h"

namespace stagecoach {

//   stagecoach_export_total{exporter,outcome=sent|dropped}: what was handed to
//     an exporter, by what became of it.
//
// Threads: any. Ownership: the registry must outlive it.
struct ExportMetrics {
  ExportMetrics(prometheus::Registry& registry, const std::string& exporter);

  prometheus::Counter& sent;
  prometheus::Counter& dropped;
};

struct ExportOptions {
  // What may wait; more is dropped, the newest first.
  size_t capacity = 4096;
  // What is sent at once at most.
  size_t batch = 64;
  // Tries, and the time between two, before a batch is dropped.
  int tries = 4;
  absl::Duration pause = absl::Seconds(2);
  // How long Stop may go on sending.
  absl::Duration stop_limit = absl::Seconds(3);
};

// Threads:   Offer from any, Stop from the owner. Sending is done on a thread
//            of its own, in order.
// Ownership: the metrics must outlive it.
class ExportQueue {
 public:
  // Makes the records to be sent, on the queue's thread; none is fine.
  using Item = std::function<std::vector<std::string>()>;
  // UNAVAILABLE: worth another try; any other error is not.
  using Send = std::function<absl::Status(const std::vector<std::string>&)>;

  // `name` appears in logs.
  ExportQueue(std::string name, ExportOptions options, Send send,
              ExportMetrics& metrics);
  ~ExportQueue() { Stop(); }
  ExportQueue(const ExportQueue&) = delete;
  ExportQueue& operator=(const ExportQueue&) = delete;

  // Never waits: if the queue is full, the item is dropped and counted.
  void Offer(Item item) ABSL_LOCKS_EXCLUDED(mutex_);

  // Sends what waits, for `stop_limit` at most, and drops the rest. Safe to
  // repeat.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void RunThread();
  std::vector<Item> TakeBatch() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status SendInTime(const std::vector<std::string>& records)
      ABSL_LOCKS_EXCLUDED(mutex_);
  bool PauseOrStop() ABSL_LOCKS_EXCLUDED(mutex_);
  void Drop(size_t items, const absl::Status& why);
  bool stopped() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopped_;
  }
  bool HasWorkOrStopped() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopped_ || !items_.empty();
  }

  const std::string name_;
  const ExportOptions options_;
  const Send send_;
  ExportMetrics& metrics_;

  absl::Mutex mutex_;
  std::deque<Item> items_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time give_up_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();

  std::thread thread_;  // last: started when the rest stands
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_EXPORT_EXPORT_QUEUE_H_
