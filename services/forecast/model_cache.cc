#include "services/forecast/model_cache.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/tensor/guarded.h"

namespace stagecoach {

ModelCache::ModelCache(ArtifactStore& store, size_t capacity,
                       ForecastMetrics& metrics)
    : store_(store), capacity_(capacity), metrics_(metrics) {}

absl::StatusOr<std::shared_ptr<const CachedModel>> ModelCache::Get(
    const std::string& uri, const std::string& sha256) {
  const std::string key = absl::StrCat(uri, " ", sha256);
  std::shared_ptr<Entry> entry;
  {
    absl::MutexLock lock(&mutex_);
    std::shared_ptr<Entry>& found = entries_[key];
    if (found != nullptr) {
      entry = found;
      mutex_.Await(absl::Condition(&entry->done));
      metrics_.cache_hits.Increment();
      const auto kept = entries_.find(key);
      if (entry->model.ok() && kept != entries_.end() &&
          kept->second == entry) {
        by_use_.splice(by_use_.begin(), by_use_, entry->used);
      }
      return entry->model;
    }
    found = std::make_shared<Entry>();
  }
  metrics_.cache_misses.Increment();
  absl::StatusOr<Loaded> model = Load(uri, sha256);
  if (!model.ok()) metrics_.failed_loads.Increment();
  absl::MutexLock lock(&mutex_);
  FinishLocked(key, model);
  return model;
}

void ModelCache::FinishLocked(const std::string& key,
                              const absl::StatusOr<Loaded>& model) {
  const std::shared_ptr<Entry> entry = entries_.at(key);
  entry->model = model;
  entry->done = true;
  if (model.ok()) {
    by_use_.push_front(key);
    entry->used = by_use_.begin();
  } else {
    entries_.erase(key);
  }
  while (by_use_.size() > capacity_) {
    entries_.erase(by_use_.back());
    by_use_.pop_back();
  }
  metrics_.cached_models.Set(static_cast<double>(by_use_.size()));
}

absl::StatusOr<v1::Artifact> ModelCache::RecordOf(const std::string& uri,
                                                  const std::string& sha256) {
  SC_ASSIGN_OR_RETURN(v1::Artifact artifact, store_.Inspect(uri));
  if (!sha256.empty()) {
    artifact.set_sha256(sha256);
    return artifact;
  }
  const absl::string_view folder =
      absl::string_view(uri).substr(0, uri.rfind('/'));
  const absl::StatusOr<std::optional<Manifest>> manifest =
      store_.ReadManifest(folder);
  if (manifest.ok() && manifest->has_value()) {
    for (const v1::Artifact& output : (*manifest)->result.outputs()) {
      if (output.uri() == uri) return output;
    }
  }
  return store_.InspectWithDigest(uri);
}

absl::StatusOr<ModelCache::Loaded> ModelCache::Load(const std::string& uri,
                                                    const std::string& sha256) {
  SC_ASSIGN_OR_RETURN(const v1::Artifact artifact, RecordOf(uri, sha256));
  SC_ASSIGN_OR_RETURN(ArtifactReader reader, store_.Open(artifact));
  SC_ASSIGN_OR_RETURN(const SafetensorsView weights,
                      SafetensorsView::Parse(std::move(reader)), "model ", uri);
  return Guarded("loading the model", [&]() -> absl::StatusOr<Loaded> {
    SC_ASSIGN_OR_RETURN(Forecaster forecaster, Forecaster::Load(weights),
                        "model ", uri);
    return std::make_shared<const CachedModel>(
        CachedModel{std::move(forecaster), artifact.sha256()});
  });
}

}  // namespace stagecoach
