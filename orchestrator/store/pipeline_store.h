// The pipelines that have been applied, every version of them.

#ifndef ORCHESTRATOR_STORE_PIPELINE_STORE_H_
#define ORCHESTRATOR_STORE_PIPELINE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stagecoach/v1/pipeline.pb.h"

namespace stagecoach {

struct StoredPipeline {
  v1::Pipeline pipeline;  // with version and digest
  std::string yaml;       // what it was applied from
};

struct AppliedPipeline {
  v1::Pipeline pipeline;
  bool changed = false;  // whether a new version was made
};

// Threads: every method may be called from any thread.
// Failure: as RunStore.
class PipelineStore {
 public:
  virtual ~PipelineStore() = default;

  // Makes `pipeline` (with its digest set) the newest version under its name
  // and durable, unless the newest has the same digest already.
  virtual absl::StatusOr<AppliedPipeline> ApplyPipeline(
      const StoredPipeline& pipeline) = 0;

  // NOT_FOUND: no such name, or no such version. Version 0 is the newest.
  virtual absl::StatusOr<StoredPipeline> GetPipeline(absl::string_view name,
                                                     int64_t version) = 0;

  // The newest version if it is in memory, without waiting for anything. Null:
  // GetPipeline knows.
  virtual std::shared_ptr<const StoredPipeline> NewestInMemory(
      absl::string_view /*name*/) const {
    return nullptr;
  }

  // The newest version of each, by name.
  virtual absl::StatusOr<std::vector<v1::Pipeline>> ListPipelines() = 0;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_PIPELINE_STORE_H_
