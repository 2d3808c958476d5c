#include "orchestrator/pipeline/validate.h"

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/pipeline/parse.h"
#include "orchestrator/pipeline/test_stages.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::HasSubstr;

constexpr absl::string_view kFits =
    R"(apiVersion: stagecoach/v1
kind: Pipeline
metadata: {name: airline}
spec:
  parameters:
    - {name: epochs, type: integer, default: 4}
    - {name: share, type: number}
    - {name: column, type: string, default: Passengers}
  inputs:
    - {name: source, type: table}
  steps:
    - name: load
      stage: load
      parameters:
        proportion: ${parameters.share}
        column: ${parameters.column}
      inputs:
        source: inputs.source
    - name: train
      stage: train
      parameters:
        epochs: ${parameters.epochs}
      inputs:
        train: steps.load.train
        test: steps.load.test
  outputs:
    - {name: weights, from: steps.train.weights}
)";

absl::Status Validate(const std::string& yaml) {
  const auto parsed = ParsePipelineWithLines(yaml, "p.yaml");
  EXPECT_OK(parsed);
  if (!parsed.ok()) return parsed.status();
  return ValidateAgainstStages(parsed->pipeline, LookUpTestStage,
                               parsed->lines);
}

TEST(ValidateTest, APipelineThatFitsItsStagesIsValid) {
  EXPECT_OK(Validate(std::string(kFits)));
}

struct Misfit {
  std::string name;
  std::string found;
  std::string replacement;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const Misfit& misfit) {
  return out << misfit.name;
}

class MisfitTest : public testing::TestWithParam<Misfit> {};

TEST_P(MisfitTest, IsRefusedWithFileLineAndField) {
  const Misfit& misfit = GetParam();
  ASSERT_THAT(kFits, HasSubstr(misfit.found));
  EXPECT_THAT(Validate(absl::StrReplaceAll(
                  kFits, {{misfit.found, misfit.replacement}})),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       absl::StrCat("p.yaml:", misfit.message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, MisfitTest,
    testing::ValuesIn(std::vector<Misfit>{
        {"UnknownStage", "stage: load", "stage: laod",
         "13: spec.steps.load.stage: there is no stage 'laod'"},
        {"UnknownParameter", "proportion: $", "proportoin: $",
         "15: spec.steps.load.parameters.proportoin: stage 'load' has no "
         "parameter \"proportoin\"; did you mean \"proportion\"?"},
        {"NumberForAnInteger", "epochs, type: integer, default: 4",
         "epochs, type: number, default: 4",
         "22: spec.steps.train.parameters.epochs: stage 'train' takes a whole "
         "number, but parameter 'epochs' of the pipeline is a number"},
        {"BooleanForIntegerOrString",
         "column, type: string, default: Passengers", "column, type: boolean",
         "16: spec.steps.load.parameters.column: stage 'load' takes a whole "
         "number or a string, but parameter 'column' of the pipeline is true "
         "or false"},
        {"DefaultOutOfTheStagesRange", "default: 4", "default: 0",
         "22: spec.steps.train.parameters.epochs: parameter 'epochs' of stage "
         "'train' is 0; it must be a whole number, at least 1"},
        {"UnknownInput", "        train: steps", "        trian: steps",
         "23: spec.steps.train.inputs: stage 'train' needs input 'train', a "
         "tensor\n"
         "p.yaml:24: spec.steps.train.inputs.trian: stage 'train' has no input "
         "\"trian\"; did you mean \"train\"?"},
        {"MissingInput", "        train: steps.load.train\n", "",
         "23: spec.steps.train.inputs: stage 'train' needs input 'train', a "
         "tensor"},
        {"InputOfAnotherType", "source, type: table", "source, type: report",
         "18: spec.steps.load.inputs.source: stage 'load' takes a table here, "
         "but this is a report"},
        {"ListForAString", "column, type: string, default: Passengers",
         "column, type: string-list, default: [Passengers]",
         "16: spec.steps.load.parameters.column: stage 'load' takes a whole "
         "number or a string, but parameter 'column' of the pipeline is a list "
         "of strings"},
        {"FileForATable", "source, type: table", "source, type: file",
         "18: spec.steps.load.inputs.source: stage 'load' takes a table here, "
         "but this is a file"},
        {"OutputOfAnotherType", "steps.load.train", "inputs.source",
         "24: spec.steps.train.inputs.train: stage 'train' takes a tensor "
         "here, but this is a table"},
        {"UnknownOutputAsInput", "steps.load.train", "steps.load.trian",
         "24: spec.steps.train.inputs.train: stage 'load' has no output "
         "\"trian\"; did you mean \"train\"?"},
        {"UnknownOutputAsResult", "steps.train.weights", "steps.train.model",
         "27: spec.outputs.weights.from: stage 'train' has no output "
         "\"model\"; known are weights"},
    }),
    [](const auto& misfit) { return misfit.param.name; });

std::string StepOf(absl::string_view stage, absl::string_view parameters) {
  return absl::StrCat(
      "apiVersion: stagecoach/v1\nkind: Pipeline\nmetadata: {name: a}\n"
      "spec:\n  inputs: [{name: source, type: table}]\n"
      "  steps:\n  - name: load\n    stage: ",
      stage, "\n    inputs: {source: inputs.source}\n    parameters: {",
      parameters, "}\n");
}

TEST(ValidateTest, LiteralsAreHeldAgainstTypeAndRange) {
  EXPECT_OK(Validate(StepOf("load", "proportion: 0.5, column: 3")));
  for (const absl::string_view proportion : {"0", "1.5", "\"0.7\"", "true"}) {
    EXPECT_THAT(
        Validate(StepOf("load", absl::StrCat("proportion: ", proportion))),
        StatusIs(absl::StatusCode::kInvalidArgument,
                 HasSubstr("p.yaml:10: spec.steps.load.parameters.proportion: "
                           "parameter 'proportion' of stage 'load' is ")))
        << proportion;
  }
}

TEST(ValidateTest, ARequiredParameterIsMissed) {
  EXPECT_THAT(
      Validate(StepOf("train", "")),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("p.yaml:10: spec.steps.load.parameters: stage "
                         "'train' needs parameter 'epochs', a whole number, "
                         "at least 1")));
}

TEST(ValidateTest, AStageThatDoesNotAnswerIsUnavailable) {
  EXPECT_THAT(Validate(StepOf("away", "")),
              StatusIs(absl::StatusCode::kUnavailable,
                       "spec.steps.load.stage: stage 'away' has no serving "
                       "replica"));
}

TEST(ValidateTest, ProblemsGoBeforeStagesThatDoNotAnswer) {
  const std::string yaml = absl::StrReplaceAll(
      kFits, {{"stage: load", "stage: away"}, {"default: 4", "default: 0"}});
  EXPECT_THAT(Validate(yaml), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ValidateTest, APipelineWithoutAFileHasNoLines) {
  auto parsed = ParsePipeline(StepOf("laod", ""), "p.yaml");
  ASSERT_OK(parsed);
  EXPECT_THAT(ValidateAgainstStages(*parsed, LookUpTestStage),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "spec.steps.load.stage: there is no stage 'laod'"));
}

}  // namespace
}  // namespace stagecoach
