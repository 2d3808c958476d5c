// The cache over what the store remembers and the volumes hold.

#ifndef ORCHESTRATOR_CACHE_STORE_RESULT_CACHE_H_
#define ORCHESTRATOR_CACHE_STORE_RESULT_CACHE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "orchestrator/cache/result_cache.h"
#include "orchestrator/fleet/fleet.h"
#include "orchestrator/store/coordination_store.h"
#include "orchestrator/store/run_store.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/base/bounded_executor.h"

namespace stagecoach {

// Ownership: everything handed in must outlive this; callbacks run on
//            `executor`, or on the caller's thread if it takes no more work.
class StoreResultCache final : public ResultCache {
 public:
  // OK if a volume answers; otherwise why not. Never waits.
  using CheckVolume = std::function<absl::Status(absl::string_view volume)>;

  // `coordination` is of all who share the store; null: nobody does.
  StoreResultCache(RunStore& store, CoordinationStore* coordination,
                   Fleet& fleet, ArtifactStore& artifacts,
                   CheckVolume check_volume, BoundedExecutor& executor)
      : store_(store),
        coordination_(coordination),
        fleet_(fleet),
        artifacts_(artifacts),
        check_volume_(std::move(check_volume)),
        executor_(executor) {}

  void MakeKey(CacheQuery query, KeyCallback done) override;
  void Find(CacheSearch search, AnswerCallback done) override;

 private:
  absl::StatusOr<v1::CacheLookup> KeyOf(const CacheQuery& query);
  absl::StatusOr<std::string> DigestOf(const v1::Artifact& input);
  absl::StatusOr<CacheAnswer> FindNow(const CacheSearch& search);
  absl::StatusOr<CacheAnswer> Examine(const CachedStep& cached,
                                      const CacheSearch& search);
  absl::Status CheckAnswers(absl::string_view uri) const;

  RunStore& store_;
  CoordinationStore* const coordination_;
  Fleet& fleet_;
  ArtifactStore& artifacts_;
  const CheckVolume check_volume_;
  BoundedExecutor& executor_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CACHE_STORE_RESULT_CACHE_H_
