// One specification in memory for all active runs of it: of thousands of runs
// that wait, each would otherwise keep a copy of its own.

#ifndef ORCHESTRATOR_ENGINE_SHARED_PIPELINES_H_
#define ORCHESTRATOR_ENGINE_SHARED_PIPELINES_H_

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "stagecoach/v1/pipeline.pb.h"

namespace stagecoach {

// Threads: one at a time.
class SharedPipelines {
 public:
  // The specification that equals `pipeline` by name, version and digest, or
  // else `pipeline` itself; null, and `pipeline` as it was, if it has no digest
  // to know it by.
  std::shared_ptr<v1::Pipeline> Share(std::unique_ptr<v1::Pipeline>& pipeline);

  // Specifications in use.
  size_t size() const;

 private:
  absl::flat_hash_map<std::string, std::weak_ptr<v1::Pipeline>> known_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_SHARED_PIPELINES_H_
