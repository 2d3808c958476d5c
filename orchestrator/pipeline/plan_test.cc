#include "orchestrator/pipeline/plan.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/pipeline/parse.h"
#include "orchestrator/pipeline/test_stages.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::string_view kPipeline =
    R"(apiVersion: stagecoach/v1
kind: Pipeline
metadata: {name: airline}
spec:
  parameters:
    - {name: epochs, type: integer, default: 4}
    - {name: share, type: number, default: 0.5}
  inputs:
    - {name: source, type: table}
    - {name: test, type: tensor, default: pvc://artifacts/test.safetensors}
  steps:
    - name: load
      stage: load
      parameters: {proportion: "${parameters.share}", column: Passengers}
      inputs: {source: inputs.source}
    - name: train
      stage: train
      parameters: {epochs: "${parameters.epochs}"}
      inputs: {train: steps.load.train, test: inputs.test}
  outputs:
    - {name: model, from: steps.train.weights}
)";

v1::Pipeline TestPipeline() {
  auto pipeline = ParsePipeline(kPipeline, "p.yaml");
  EXPECT_OK(pipeline);
  return *std::move(pipeline);
}

v1::RunRequest TestRequest() {
  v1::RunRequest request;
  request.set_pipeline("airline");
  (*request.mutable_inputs())["source"] = "pvc://artifacts/a.csv";
  return request;
}

absl::StatusOr<v1::Run> Plan(const v1::RunRequest& request) {
  return PlanRun(request, TestPipeline(), LookUpTestStage);
}

v1::Artifact& AddOutput(v1::Step& step, absl::string_view name) {
  v1::Artifact& output = *step.add_outputs();
  output.set_name(std::string(name));
  output.set_uri(absl::StrCat("pvc://artifacts/", step.name(), "/", name));
  return output;
}

TEST(PlanRunTest, FillsInWhatTheRequestLeavesOut) {
  v1::RunRequest request = TestRequest();
  request.set_idempotency_key("key");
  request.set_volume("other");
  request.set_priority(7);
  request.set_cache_mode(v1::CACHE_MODE_REFRESH);
  (*request.mutable_parameters())["share"].set_integer_value(0);
  (*request.mutable_parameters())["share"].set_number_value(0.25);
  const auto run = Plan(request);
  ASSERT_OK(run);
  EXPECT_EQ(run->state(), v1::RUN_STATE_PENDING);
  EXPECT_EQ(run->id(), "");
  EXPECT_FALSE(run->has_create_time());
  EXPECT_EQ(run->idempotency_key(), "key");
  EXPECT_EQ(run->volume(), "other");
  EXPECT_EQ(run->priority(), 7);
  EXPECT_EQ(run->cache_mode(), v1::CACHE_MODE_REFRESH);
  EXPECT_EQ(run->pipeline_name(), "airline");
  EXPECT_EQ(run->pipeline().digest(), TestPipeline().digest());
  EXPECT_EQ(run->parameters().at("epochs").integer_value(), 4);
  EXPECT_EQ(run->parameters().at("share").number_value(), 0.25);
  EXPECT_EQ(run->inputs().at("source").uri(), "pvc://artifacts/a.csv");
  EXPECT_EQ(run->inputs().at("source").type(), v1::ARTIFACT_TYPE_TABLE);
  EXPECT_EQ(run->inputs().at("test").uri(), "pvc://artifacts/test.safetensors");
  ASSERT_THAT(run->steps(), SizeIs(2));
  EXPECT_EQ(run->steps(1).name(), "train");
  EXPECT_EQ(run->steps(1).stage(), "train");
  EXPECT_EQ(run->steps(1).state(), v1::STEP_STATE_PENDING);
}

TEST(PlanRunTest, RefusesAPriorityOrCacheModeThatThereIsNot) {
  v1::RunRequest request = TestRequest();
  request.set_priority(101);
  EXPECT_THAT(Plan(request),
              StatusIs(absl::StatusCode::kOutOfRange,
                       "priority is 101; it must be from -100 to 100"));
  request = TestRequest();
  request.set_cache_mode(static_cast<v1::CacheMode>(17));
  EXPECT_THAT(Plan(request), StatusIs(absl::StatusCode::kInvalidArgument,
                                      HasSubstr("cache_mode is 17")));
}

TEST(PlanRunTest, SaysOfStepsThatWouldUseTheCacheThatTheRunDoesNot) {
  v1::Pipeline pipeline = TestPipeline();
  pipeline.mutable_steps(0)->mutable_cache()->set_enabled(true);
  v1::RunRequest request = TestRequest();
  request.set_cache_mode(v1::CACHE_MODE_OFF);
  const auto run = PlanRun(request, pipeline, LookUpTestStage);
  ASSERT_OK(run);
  EXPECT_EQ(run->steps(0).cache().outcome(), v1::CACHE_OUTCOME_BYPASSED);
  EXPECT_EQ(run->steps(0).cache().reason(), "the run asked for no cache");
  EXPECT_FALSE(run->steps(1).has_cache());
}

TEST(PlanRunTest, WholeNumbersBecomeNumbersWhereTheTypeSaysSo) {
  v1::Pipeline pipeline = TestPipeline();
  pipeline.mutable_parameters(1)->clear_default_value();
  pipeline.mutable_steps(0)->clear_parameters();
  v1::RunRequest request = TestRequest();
  (*request.mutable_parameters())["share"].set_integer_value(1);
  const auto run = PlanRun(request, pipeline, LookUpTestStage);
  ASSERT_OK(run);
  EXPECT_EQ(run->parameters().at("share").number_value(), 1.0);
}

TEST(PlanRunTest, RefusesUnknownParametersWithTheNearestName) {
  v1::RunRequest request = TestRequest();
  (*request.mutable_parameters())["epoch"].set_integer_value(1);
  EXPECT_THAT(Plan(request),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "pipeline 'airline' has no parameter 'epoch'; did you "
                       "mean \"epochs\"?"));
}

TEST(PlanRunTest, RefusesValuesOfAnotherType) {
  v1::RunRequest request = TestRequest();
  (*request.mutable_parameters())["share"].set_string_value("0.7");
  EXPECT_THAT(Plan(request),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("parameter 'share'"),
                             HasSubstr("is a string, \"0.7\""))));
}

TEST(PlanRunTest, RefusesValuesOutOfTheStagesRange) {
  v1::RunRequest request = TestRequest();
  (*request.mutable_parameters())["share"].set_number_value(1.5);
  EXPECT_THAT(
      Plan(request),
      StatusIs(absl::StatusCode::kOutOfRange,
               AllOf(HasSubstr("step 'load'"),
                     HasSubstr("parameter 'proportion' of stage 'load' is 1.5"),
                     HasSubstr("greater than 0 and less than 1"))));
}

TEST(PlanRunTest, RefusesInputsThatAreMissingUnknownOrNoUri) {
  v1::RunRequest missing = TestRequest();
  missing.clear_inputs();
  EXPECT_THAT(Plan(missing),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "pipeline 'airline' needs input 'source', the URI of a "
                       "table, and it was not given"));
  v1::RunRequest unknown = TestRequest();
  (*unknown.mutable_inputs())["sourse"] = "pvc://artifacts/a.csv";
  EXPECT_THAT(Plan(unknown),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "pipeline 'airline' has no input 'sourse'; did you "
                       "mean \"source\"?"));
  v1::RunRequest outside = TestRequest();
  (*outside.mutable_inputs())["source"] = "pvc://artifacts/../a.csv";
  EXPECT_THAT(Plan(outside),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("input 'source' of pipeline 'airline'"),
                             HasSubstr("\"..\""))));
}

TEST(PlanRunTest, PassesOnWhatTheLookUpSaysOfAStage) {
  v1::Pipeline pipeline = TestPipeline();
  pipeline.mutable_steps(0)->set_stage("laod");
  EXPECT_THAT(
      PlanRun(TestRequest(), pipeline, LookUpTestStage),
      StatusIs(absl::StatusCode::kNotFound, "there is no stage 'laod'"));
  pipeline.mutable_steps(0)->set_stage("away");
  EXPECT_THAT(PlanRun(TestRequest(), pipeline, LookUpTestStage),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(PlanRunTest, RefusesAPipelineThatItsStagesHaveOutgrown) {
  v1::Pipeline pipeline = TestPipeline();
  (*pipeline.mutable_steps(1)->mutable_inputs())["old"].set_pipeline_input(
      "source");
  EXPECT_THAT(
      PlanRun(TestRequest(), pipeline, LookUpTestStage),
      StatusIs(absl::StatusCode::kInvalidArgument,
               AllOf(HasSubstr("pipeline 'airline' does not fit its stages"),
                     HasSubstr("stage 'train' has no input \"old\""))));
}

TEST(PlanTest, DependenciesAreEarlierStepsAscendingAndOnce) {
  v1::Pipeline pipeline;
  for (const char* name : {"a", "b", "c"}) {
    pipeline.add_steps()->set_name(name);
  }
  auto& inputs = *pipeline.mutable_steps(2)->mutable_inputs();
  for (const char* input : {"x", "y"}) {
    inputs[input].mutable_step_output()->set_step("b");
  }
  inputs["z"].mutable_step_output()->set_step("a");
  inputs["w"].set_pipeline_input("source");
  EXPECT_THAT(Dependencies(pipeline),
              ElementsAre(IsEmpty(), IsEmpty(), ElementsAre(0, 1)));
}

TEST(PlanTest, ParametersOfAStepAreLiteralsAndTheRunsValues) {
  const auto run = Plan(TestRequest());
  ASSERT_OK(run);
  const ParameterValues load = StepParameters(*run, 0);
  EXPECT_THAT(load, SizeIs(2));
  EXPECT_EQ(load.at("proportion").number_value(), 0.5);
  EXPECT_EQ(load.at("column").string_value(), "Passengers");
  EXPECT_EQ(StepParameters(*run, 1).at("epochs").integer_value(), 4);
}

TEST(PlanTest, InputsOfAStepAreTheRunsAndEarlierOutputs) {
  auto run = Plan(TestRequest());
  ASSERT_OK(run);
  AddOutput(*run->mutable_steps(0), "test");
  AddOutput(*run->mutable_steps(0), "train");
  const auto load = StepInputs(*run, 0);
  ASSERT_OK(load);
  EXPECT_EQ(load->at("source").uri(), "pvc://artifacts/a.csv");
  const auto train = StepInputs(*run, 1);
  ASSERT_OK(train);
  EXPECT_THAT(*train, SizeIs(2));
  EXPECT_EQ(train->at("train").uri(), "pvc://artifacts/load/train");
  EXPECT_EQ(train->at("test").uri(), "pvc://artifacts/test.safetensors");
}

TEST(PlanTest, AnOutputThatWasNotMadeIsMissedByName) {
  auto run = Plan(TestRequest());
  ASSERT_OK(run);
  EXPECT_THAT(StepInputs(*run, 1),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "input 'train' of step 'train': step 'load' has ended "
                       "without output 'train'"));
  EXPECT_THAT(RunOutputs(*run),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "output 'model' of the run: step 'train' has ended "
                       "without output 'weights'"));
}

TEST(PlanTest, ResultsOfARunHaveNamesOfTheirOwn) {
  auto run = Plan(TestRequest());
  ASSERT_OK(run);
  AddOutput(*run->mutable_steps(1), "weights");
  const auto outputs = RunOutputs(*run);
  ASSERT_OK(outputs);
  EXPECT_THAT(*outputs, SizeIs(1));
  EXPECT_EQ(outputs->at("model").uri(), "pvc://artifacts/train/weights");
}

TEST(PlanTest, TheDigestOfARequestLeavesOutTheKeyAlone) {
  const v1::RunRequest request = TestRequest();
  v1::RunRequest keyed = request;
  keyed.set_idempotency_key("key");
  EXPECT_EQ(RequestDigest(keyed), RequestDigest(request));
  v1::RunRequest other = request;
  (*other.mutable_parameters())["epochs"].set_integer_value(5);
  EXPECT_NE(RequestDigest(other), RequestDigest(request));
  v1::RunRequest same_in_another_order;
  for (const char* name : {"b", "a", "c"}) {
    (*same_in_another_order.mutable_inputs())[name] = name;
  }
  v1::RunRequest in_order;
  for (const char* name : {"a", "b", "c"}) {
    (*in_order.mutable_inputs())[name] = name;
  }
  EXPECT_EQ(RequestDigest(same_in_another_order), RequestDigest(in_order));
}

TEST(PlanTest, AThousandStepsInAChainArePlanned) {
  v1::Pipeline pipeline;
  pipeline.set_name("long");
  for (int i = 0; i < 1000; ++i) {
    v1::PipelineStep& step = *pipeline.add_steps();
    step.set_name(absl::StrCat("step-", i));
    step.set_stage(i == 0 ? "load" : "train");
    auto& inputs = *step.mutable_inputs();
    if (i == 0) {
      inputs["source"].set_pipeline_input("source");
      continue;
    }
    (*step.mutable_parameters())["epochs"].mutable_value()->set_integer_value(
        1);
    v1::StepOutput& source = *inputs["train"].mutable_step_output();
    source.set_step("step-0");
    source.set_output("train");
  }
  v1::PipelineInput& input = *pipeline.add_inputs();
  input.set_name("source");
  input.set_type(v1::ARTIFACT_TYPE_TABLE);
  auto run = PlanRun(TestRequest(), pipeline, LookUpTestStage);
  ASSERT_OK(run);
  AddOutput(*run->mutable_steps(0), "train");
  for (int i = 1; i < 1000; ++i) ASSERT_OK(StepInputs(*run, i));
  EXPECT_EQ(Dependencies(pipeline)[999], std::vector<int>{0});
}

}  // namespace
}  // namespace stagecoach
