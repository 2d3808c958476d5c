// Holds a pipeline against what its stages say of themselves. Pure.

#ifndef ORCHESTRATOR_PIPELINE_VALIDATE_H_
#define ORCHESTRATOR_PIPELINE_VALIDATE_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/pipeline/source_lines.h"
#include "stagecoach/v1/pipeline.pb.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// What a stage says of itself. NOT_FOUND: there is no such stage, with the
// nearest known name; UNAVAILABLE: it does not answer.
using StageLookup =
    absl::FunctionRef<absl::StatusOr<v1::StageDescription>(absl::string_view)>;

// Checks that every stage exists, that the parameters of each step are known
// to its stage, complete, of its type and range (also the defaults of pipeline
// parameters that are handed on), that its inputs are known, complete and of
// the stage's types, and that every output referred to exists.
//
// INVALID_ARGUMENT: every problem found, one a line, with file and line if
// `lines` knows them. UNAVAILABLE: a stage that could not be asked, named;
// only if there is no other problem.
absl::Status ValidateAgainstStages(const v1::Pipeline& pipeline,
                                   StageLookup lookup,
                                   const SourceLines& lines = SourceLines());

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_VALIDATE_H_
