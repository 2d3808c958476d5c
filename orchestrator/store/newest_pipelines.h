// The newest version of each pipeline in memory, so that not every run reads
// and parses it anew.

#ifndef ORCHESTRATOR_STORE_NEWEST_PIPELINES_H_
#define ORCHESTRATOR_STORE_NEWEST_PIPELINES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/store/pipeline_store.h"

namespace stagecoach {

// For a store of which nobody else can change the pipelines.
//
//   const int64_t generation = newest.generation();
//   … read a pipeline …
//   newest.Put(generation, pipeline);
//
// Threads: every method may be called from any thread.
class NewestPipelines {
 public:
  // Null: it has to be read.
  std::shared_ptr<const StoredPipeline> Find(absl::string_view name) const
      ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    const auto found = pipelines_.find(name);
    return found == pipelines_.end() ? nullptr : found->second;
  }

  // Counts the calls of Forget.
  int64_t generation() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return generation_;
  }

  // Keeps what was read, unless it may have changed since `generation`.
  void Put(int64_t generation, const StoredPipeline& pipeline)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    auto kept = std::make_shared<const StoredPipeline>(pipeline);
    absl::MutexLock lock(&mutex_);
    if (generation != generation_) return;
    pipelines_[pipeline.pipeline.name()] = std::move(kept);
  }

  // A pipeline has changed.
  void Forget(absl::string_view name) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    ++generation_;
    pipelines_.erase(name);
  }

 private:
  mutable absl::Mutex mutex_;
  int64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, std::shared_ptr<const StoredPipeline>>
      pipelines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_NEWEST_PIPELINES_H_
