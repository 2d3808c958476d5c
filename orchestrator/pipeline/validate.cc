#include "orchestrator/pipeline/validate.h"

#include "absl/strings/str_cat.h"
#include "orchestrator/pipeline/problems.h"
#include "orchestrator/pipeline/stage_descriptions.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

absl::Status ValidateAgainstStages(const v1::Pipeline& pipeline,
                                   StageLookup lookup,
                                   const SourceLines& lines) {
  const StageDescriptions stages(pipeline, lookup);
  Problems problems(lines);
  absl::Status unavailable;
  for (const v1::PipelineStep& step : pipeline.steps()) {
    const absl::Status& status = stages.Get(step.stage()).status();
    if (status.ok()) continue;
    const std::string field =
        absl::StrCat("spec.steps.", step.name(), ".stage");
    if (absl::IsNotFound(status)) {
      problems.Add(field, status.message());
    } else if (unavailable.ok()) {
      unavailable = WithContext(status, field);
    }
  }
  CheckAgainstStages(pipeline, stages, problems);
  return problems.empty() ? unavailable : problems.ToStatus();
}

}  // namespace stagecoach
