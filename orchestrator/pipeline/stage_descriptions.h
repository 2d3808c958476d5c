// The stages of one pipeline, each looked up once.

#ifndef ORCHESTRATOR_PIPELINE_STAGE_DESCRIPTIONS_H_
#define ORCHESTRATOR_PIPELINE_STAGE_DESCRIPTIONS_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/pipeline/problems.h"
#include "orchestrator/pipeline/validate.h"
#include "stagecoach/v1/pipeline.pb.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

class StageDescriptions {
 public:
  StageDescriptions(const v1::Pipeline& pipeline, StageLookup lookup);

  // The stage, which must be one of the pipeline's, or why it is not known.
  const absl::StatusOr<v1::StageDescription>& Get(
      absl::string_view stage) const {
    return stages_.at(stage);
  }

 private:
  absl::flat_hash_map<std::string, absl::StatusOr<v1::StageDescription>>
      stages_;
};

// Reports what ValidateAgainstStages says, except that a stage which is not
// known is passed over, with what depends on it.
void CheckAgainstStages(const v1::Pipeline& pipeline,
                        const StageDescriptions& stages, Problems& problems);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_STAGE_DESCRIPTIONS_H_
