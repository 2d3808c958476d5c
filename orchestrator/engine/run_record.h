// The record of a run in memory, small while nobody looks at it.

#ifndef ORCHESTRATOR_ENGINE_RUN_RECORD_H_
#define ORCHESTRATOR_ENGINE_RUN_RECORD_H_

#include <memory>
#include <string>

#include "orchestrator/engine/shared_pipelines.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Threads: one at a time, also for methods that are const.
class RunRecord {
 public:
  explicit RunRecord(v1::Run run);
  ~RunRecord();
  RunRecord(RunRecord&&) = default;
  RunRecord& operator=(RunRecord&&) = delete;

  // Has the run use the specification that `pipelines` knows as equal to its
  // own.
  void SharePipeline(SharedPipelines& pipelines);

  // Valid until Pack.
  const v1::Run& run() const;
  v1::Run& run();

  // Keeps the run as bytes, a fifth of its size as a message, until it is asked
  // for again.
  void Pack();
  bool packed() const { return run_ == nullptr; }

 private:
  void Unpack() const;

  // Null while it is packed.
  mutable std::unique_ptr<v1::Run> run_;
  mutable std::string packed_;
  // What run_->pipeline() is if others have it, too: lent to the message, and
  // taken from it before it ends. Null: it is the run's own.
  std::shared_ptr<v1::Pipeline> shared_pipeline_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_RUN_RECORD_H_
