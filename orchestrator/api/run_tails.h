// Follows runs that another orchestrator holds: out of the store.

#ifndef ORCHESTRATOR_API_RUN_TAILS_H_
#define ORCHESTRATOR_API_RUN_TAILS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/engine/run_feed.h"
#include "orchestrator/store/run_store.h"

namespace stagecoach {

// Watchers are told every durable event, as by RunFeed, but no progress, which
// only the holder has. A change is looked for when the store says that there is
// one, and now and then in case that was not heard; only while somebody
// watches.
//
// Threads:   every method may be called from any thread; watchers are called
//            from a thread of the tails' own.
// Ownership: `store` must outlive the tails.
class RunTails {
 public:
  // `interval`: how often to look without having heard anything.
  explicit RunTails(RunStore& store,
                    absl::Duration interval = absl::Seconds(1));
  ~RunTails();
  RunTails(const RunTails&) = delete;
  RunTails& operator=(const RunTails&) = delete;

  // Tells `watcher` every event after `after_cursor`, until the run ends or it
  // is removed.
  void Add(const std::string& run_id, int64_t after_cursor,
           const std::shared_ptr<RunWatcher>& watcher)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Remove(const RunWatcher* watcher) ABSL_LOCKS_EXCLUDED(mutex_);

  // There may be something new of this run; of any if it is empty.
  void Changed(absl::string_view run_id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Tells the watchers that no more comes from this process. Safe to repeat.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Tail {
    std::string run_id;
    int64_t cursor = 0;  // of the last event told
    std::shared_ptr<RunWatcher> watcher;
  };

  void RunThread() ABSL_LOCKS_EXCLUDED(mutex_);
  // What to look at now; empty: it is time to stop.
  std::map<const RunWatcher*, Tail> AwaitDue() ABSL_LOCKS_EXCLUDED(mutex_);
  // Tells what is new; whether the tail is at its end.
  absl::StatusOr<bool> Follow(Tail& tail);
  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || any_changed_ || !changed_.empty();
  }

  RunStore& store_;
  const absl::Duration interval_;

  absl::Mutex mutex_;
  std::map<const RunWatcher*, Tail> tails_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> changed_ ABSL_GUARDED_BY(mutex_);
  bool any_changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_RUN_TAILS_H_
