// Does one execution from its inputs to its published outputs.

#ifndef SERVICES_COMMON_STAGEKIT_EXECUTION_RUNNER_H_
#define SERVICES_COMMON_STAGEKIT_EXECUTION_RUNNER_H_

#include <optional>

#include "absl/status/statusor.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/base/clock.h"
#include "services/common/stagekit/checked_request.h"
#include "services/common/stagekit/execution.h"
#include "services/common/stagekit/phase_clock.h"
#include "services/common/stagekit/stage.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// Threads:   every method may be called from any thread; each blocks while the
//            stage works or the volume does not answer.
// Ownership: everything given to the constructor must outlive it.
class ExecutionRunner {
 public:
  // `description` is the stage's, with `build_id`.
  ExecutionRunner(Stage& stage, const v1::StageDescription& description,
                  ArtifactStore& store, const Clock& clock)
      : stage_(stage),
        description_(description),
        store_(store),
        clock_(clock) {}

  // Runs the stage and publishes what it wrote, or returns what is published
  // already by the same execution. `phases` has run since the request came.
  //
  // CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE: as `execution` was stopped.
  // FAILED_PRECONDITION: something else is published at the output prefix.
  // INTERNAL: an output is missing. Otherwise as the stage or volume says.
  // After an error nothing is published.
  ExecutionEnd Run(const CheckedRequest& request, PhaseClock& phases,
                   Execution& execution);

  // How the execution ended, if its outputs are published; nothing otherwise.
  // FAILED_PRECONDITION: another execution has published there.
  absl::StatusOr<std::optional<v1::ExecutionResult>> FindPublished(
      const CheckedRequest& request);

 private:
  ExecutionEnd RunAndPublish(const CheckedRequest& request,
                             ArtifactStaging* staging, PhaseClock& phases,
                             Execution& execution);
  // Returns what was published before, or `error` if nothing was.
  ExecutionEnd PublishedOr(const CheckedRequest& request,
                           const absl::Status& error);
  // In the order of the description.
  void OrderOutputs(v1::ExecutionResult& result) const;

  Stage& stage_;
  const v1::StageDescription& description_;
  ArtifactStore& store_;
  const Clock& clock_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_EXECUTION_RUNNER_H_
