// The events of runs that have not ended, for those who watch.

#ifndef ORCHESTRATOR_ENGINE_RUN_FEED_H_
#define ORCHESTRATOR_ENGINE_RUN_FEED_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Somebody who watches a run.
//
// Threads: called by one thread at a time. Must not block, and must not call
// the feeds.
class RunWatcher {
 public:
  virtual ~RunWatcher() = default;

  // The next event: durable ones in the order of their cursors, without gaps.
  virtual void OnEvent(const v1::RunEvent& event) = 0;

  // The run has ended; `run` is its final record. Called once, last.
  virtual void OnEnd(const v1::Run& run) = 0;

  // The orchestrator stops and the run goes on without it; instead of OnEnd.
  virtual void OnStop() = 0;
};

// The feed of one run: all its durable events and the newest progress.
//
// Threads: every method may be called from any thread. Watchers are called
// with no lock of the state held, but with one that keeps their events in
// order.
class RunFeed {
 public:
  // `events`: those that are durable already, from cursor 1.
  explicit RunFeed(const std::vector<v1::RunEvent>& events);

  // Appends events that have just become durable and tells the watchers.
  void Publish(std::vector<v1::RunEvent> events)
      ABSL_LOCKS_EXCLUDED(order_, mutex_);

  // Tells the watchers of progress, which is not kept but for the newest.
  void Publish(const v1::AttemptProgress& progress, absl::Time now)
      ABSL_LOCKS_EXCLUDED(order_, mutex_);

  // Tells the watchers that the run has ended and forgets them.
  void End(const std::shared_ptr<const v1::Run>& run)
      ABSL_LOCKS_EXCLUDED(order_, mutex_);

  // Tells the watchers that no more comes from this process.
  void Stop() ABSL_LOCKS_EXCLUDED(order_, mutex_);

  // Tells `watcher` every durable event after `after_cursor`, then all that
  // come. It is kept until the run ends or it is removed.
  void Add(const std::shared_ptr<RunWatcher>& watcher, int64_t after_cursor)
      ABSL_LOCKS_EXCLUDED(order_, mutex_);
  void Remove(const RunWatcher* watcher) ABSL_LOCKS_EXCLUDED(mutex_);

  // The newest progress of each step that runs, by name.
  std::map<std::string, v1::Progress> LatestProgress() const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  std::vector<std::shared_ptr<RunWatcher>> Watchers() const
      ABSL_LOCKS_EXCLUDED(mutex_);
  void AppendLocked(const v1::RunEvent& event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Held while watchers are told, so that all see one order.
  absl::Mutex order_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable absl::Mutex mutex_;
  // As delimited messages: thousands of runs wait that nobody watches.
  std::string events_ ABSL_GUARDED_BY(mutex_);
  int64_t event_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, v1::Progress> progress_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<RunWatcher>> watchers_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Null until the run has ended.
  std::shared_ptr<const v1::Run> final_run_ ABSL_GUARDED_BY(mutex_);
};

// The feeds of all active runs.
//
// Threads: every method may be called from any thread.
class RunFeeds {
 public:
  // The feed of a run; null if the run is not active.
  std::shared_ptr<RunFeed> Find(absl::string_view run_id) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  std::shared_ptr<RunFeed> Open(const std::string& run_id,
                                const std::vector<v1::RunEvent>& events)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Close(absl::string_view run_id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Stops and closes every feed.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<RunFeed>> feeds_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_RUN_FEED_H_
