// Stages for the tests of this folder: a small load and train.

#ifndef ORCHESTRATOR_PIPELINE_TEST_STAGES_H_
#define ORCHESTRATOR_PIPELINE_TEST_STAGES_H_

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/text_format.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

inline constexpr char kLoadStage[] = R"pb(
  name: "load"
  parameters {
    name: "proportion"
    type: PARAMETER_TYPE_NUMBER
    default_value { number_value: 0.7 }
    minimum: 0
    maximum: 1
    minimum_excluded: true
    maximum_excluded: true
  }
  parameters {
    name: "column"
    type: PARAMETER_TYPE_INTEGER_OR_STRING
    default_value { integer_value: -1 }
  }
  inputs { name: "source" type: ARTIFACT_TYPE_TABLE }
  outputs { name: "train" type: ARTIFACT_TYPE_TENSOR }
  outputs { name: "test" type: ARTIFACT_TYPE_TENSOR optional: true }
)pb";

inline constexpr char kTrainStage[] = R"pb(
  name: "train"
  parameters { name: "epochs" type: PARAMETER_TYPE_INTEGER minimum: 1 }
  inputs { name: "train" type: ARTIFACT_TYPE_TENSOR }
  inputs { name: "test" type: ARTIFACT_TYPE_TENSOR optional: true }
  outputs { name: "weights" type: ARTIFACT_TYPE_WEIGHTS }
)pb";

// Knows `load` and `train`; `away` does not answer.
inline absl::StatusOr<v1::StageDescription> LookUpTestStage(
    absl::string_view stage) {
  if (stage == "away") {
    return absl::UnavailableError("stage 'away' has no serving replica");
  }
  if (stage != "load" && stage != "train") {
    return absl::NotFoundError(absl::StrCat("there is no stage '", stage, "'"));
  }
  v1::StageDescription description;
  google::protobuf::TextFormat::ParseFromString(
      stage == "load" ? kLoadStage : kTrainStage, &description);
  return description;
}

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_TEST_STAGES_H_
