#include "orchestrator/engine/run_feed.h"

#include <algorithm>
#include <utility>

#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/delimited_message_util.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using google::protobuf::io::ArrayInputStream;
using google::protobuf::io::StringOutputStream;
using google::protobuf::util::ParseDelimitedFromZeroCopyStream;
using google::protobuf::util::SerializeDelimitedToZeroCopyStream;

std::vector<v1::RunEvent> EventsAfter(int64_t cursor,
                                      const std::string& delimited) {
  std::vector<v1::RunEvent> events;
  ArrayInputStream stream(delimited.data(), static_cast<int>(delimited.size()));
  v1::RunEvent event;
  while (ParseDelimitedFromZeroCopyStream(&event, &stream, nullptr)) {
    if (event.cursor() > cursor) events.push_back(std::move(event));
    event.Clear();
  }
  return events;
}

}  // namespace

RunFeed::RunFeed(const std::vector<v1::RunEvent>& events) {
  absl::MutexLock lock(&mutex_);
  for (const v1::RunEvent& event : events) AppendLocked(event);
}

void RunFeed::AppendLocked(const v1::RunEvent& event) {
  StringOutputStream stream(&events_);
  SerializeDelimitedToZeroCopyStream(event, &stream);
  ++event_count_;
}

std::vector<std::shared_ptr<RunWatcher>> RunFeed::Watchers() const {
  absl::MutexLock lock(&mutex_);
  return watchers_;
}

void RunFeed::Publish(std::vector<v1::RunEvent> events) {
  absl::MutexLock order(&order_);
  std::vector<std::shared_ptr<RunWatcher>> watchers;
  {
    absl::MutexLock lock(&mutex_);
    for (v1::RunEvent& event : events) {
      event.set_cursor(event_count_ + 1);
      if (event.has_step()) progress_.erase(event.step().step());
      AppendLocked(event);
    }
    watchers = watchers_;
    if (watchers.empty()) events_.shrink_to_fit();
  }
  for (const std::shared_ptr<RunWatcher>& watcher : watchers) {
    for (const v1::RunEvent& event : events) watcher->OnEvent(event);
  }
}

void RunFeed::Publish(const v1::AttemptProgress& progress, absl::Time now) {
  absl::MutexLock order(&order_);
  {
    absl::MutexLock lock(&mutex_);
    progress_[progress.step()] = progress.progress();
  }
  const std::vector<std::shared_ptr<RunWatcher>> watchers = Watchers();
  if (watchers.empty()) return;
  v1::RunEvent event;
  *event.mutable_time() = ToTimestamp(now);
  *event.mutable_progress() = progress;
  for (const std::shared_ptr<RunWatcher>& watcher : watchers) {
    watcher->OnEvent(event);
  }
}

void RunFeed::End(const std::shared_ptr<const v1::Run>& run) {
  absl::MutexLock order(&order_);
  std::vector<std::shared_ptr<RunWatcher>> watchers;
  {
    absl::MutexLock lock(&mutex_);
    final_run_ = run;
    watchers = std::exchange(watchers_, {});
  }
  for (const std::shared_ptr<RunWatcher>& watcher : watchers) {
    watcher->OnEnd(*run);
  }
}

void RunFeed::Stop() {
  absl::MutexLock order(&order_);
  std::vector<std::shared_ptr<RunWatcher>> watchers;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    watchers = std::exchange(watchers_, {});
  }
  for (const std::shared_ptr<RunWatcher>& watcher : watchers) {
    watcher->OnStop();
  }
}

void RunFeed::Add(const std::shared_ptr<RunWatcher>& watcher,
                  int64_t after_cursor) {
  absl::MutexLock order(&order_);
  std::string events;
  std::shared_ptr<const v1::Run> final_run;
  bool stopped = false;
  {
    absl::MutexLock lock(&mutex_);
    events = events_;
    final_run = final_run_;
    stopped = stopped_;
    if (final_run == nullptr && !stopped) watchers_.push_back(watcher);
  }
  for (const v1::RunEvent& event : EventsAfter(after_cursor, events)) {
    watcher->OnEvent(event);
  }
  if (final_run != nullptr) {
    watcher->OnEnd(*final_run);
  } else if (stopped) {
    watcher->OnStop();
  }
}

void RunFeed::Remove(const RunWatcher* watcher) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(
      std::remove_if(watchers_.begin(), watchers_.end(),
                     [watcher](const std::shared_ptr<RunWatcher>& other) {
                       return other.get() == watcher;
                     }),
      watchers_.end());
}

std::map<std::string, v1::Progress> RunFeed::LatestProgress() const {
  absl::MutexLock lock(&mutex_);
  return progress_;
}

std::shared_ptr<RunFeed> RunFeeds::Find(absl::string_view run_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = feeds_.find(run_id);
  return found == feeds_.end() ? nullptr : found->second;
}

std::shared_ptr<RunFeed> RunFeeds::Open(
    const std::string& run_id, const std::vector<v1::RunEvent>& events) {
  auto feed = std::make_shared<RunFeed>(events);
  absl::MutexLock lock(&mutex_);
  feeds_[run_id] = feed;
  return feed;
}

void RunFeeds::Stop() {
  absl::flat_hash_map<std::string, std::shared_ptr<RunFeed>> feeds;
  {
    absl::MutexLock lock(&mutex_);
    feeds = std::exchange(feeds_, {});
  }
  for (const auto& [run_id, feed] : feeds) feed->Stop();
}

void RunFeeds::Close(absl::string_view run_id) {
  absl::MutexLock lock(&mutex_);
  feeds_.erase(run_id);
}

}  // namespace stagecoach
