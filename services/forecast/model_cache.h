// The models that are forecast with online, each loaded once.

#ifndef SERVICES_FORECAST_MODEL_CACHE_H_
#define SERVICES_FORECAST_MODEL_CACHE_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "services/common/artifact/artifact_store.h"
#include "services/forecast/forecast_metrics.h"
#include "services/forecast/forecaster.h"

namespace stagecoach {

struct CachedModel {
  Forecaster forecaster;
  std::string sha256;  // of the file that it was loaded from
};

// Keeps the models used last. Those that come at the same time for a model
// that is not here wait for one load of it.
//
// Threads:   every method may be called from any thread.
// Ownership: `store` and `metrics` must outlive it.
class ModelCache {
 public:
  // Keeps up to `capacity` >= 1 models.
  ModelCache(ArtifactStore& store, size_t capacity, ForecastMetrics& metrics);

  // The model whose weights are at `uri`. They are checked against `sha256`,
  // or if that is empty, against what the manifest beside them records, if
  // there is one.
  //
  // FAILED_PRECONDITION: what is there is no model that can be used.
  // Otherwise as ArtifactStore::Open. A load that fails is not remembered.
  absl::StatusOr<std::shared_ptr<const CachedModel>> Get(
      const std::string& uri, const std::string& sha256);

 private:
  using Loaded = std::shared_ptr<const CachedModel>;

  struct Entry {
    bool done = false;  // whether `model` says how it ended
    absl::StatusOr<Loaded> model;
    std::list<std::string>::iterator used;  // once it is done and well
  };

  absl::StatusOr<v1::Artifact> RecordOf(const std::string& uri,
                                        const std::string& sha256);
  absl::StatusOr<Loaded> Load(const std::string& uri,
                              const std::string& sha256);
  void FinishLocked(const std::string& key, const absl::StatusOr<Loaded>& model)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  ArtifactStore& store_;
  const size_t capacity_;
  ForecastMetrics& metrics_;

  absl::Mutex mutex_;
  // Shared with those who wait for a load.
  absl::flat_hash_map<std::string, std::shared_ptr<Entry>> entries_
      ABSL_GUARDED_BY(mutex_);
  std::list<std::string> by_use_ ABSL_GUARDED_BY(mutex_);  // newest first
};

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_MODEL_CACHE_H_
