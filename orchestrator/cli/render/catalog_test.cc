#include "orchestrator/cli/render/catalog.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "orchestrator/cli/testing/text_proto.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

v1::StageStatus SampleStage() {
  return FromText<v1::StageStatus>(R"pb(
    name: "train"
    description {
      name: "train"
      version: "1.0.0"
      documentation: "Trains an LSTM."
      parameters {
        name: "epochs"
        type: PARAMETER_TYPE_INTEGER
        default_value { integer_value: 100 }
        minimum: 1
        documentation: "passes over the data"
      }
      inputs {
        name: "X_train"
        type: ARTIFACT_TYPE_TENSOR
        documentation: "windows"
      }
      outputs {
        name: "history"
        type: ARTIFACT_TYPE_REPORT
        optional: true
        documentation: "evaluations"
      }
    }
    replicas { address: "10.0.0.7:50051" serving: true slots: 2 slots_used: 1 }
    replicas { address: "10.0.0.8:50051" reason: "does not answer" slots: 2 }
    steps_waiting: 3)pb");
}

TEST(CatalogTest, ListsAStageALine) {
  v1::StageStatus unknown;
  unknown.set_name("mystery");
  EXPECT_EQ(RenderStageList({SampleStage(), unknown}, {}),
            "STAGE    VERSION  SERVING  BUSY  WAITING  MEANING\n"
            "train    1.0.0        1/2   1/2        3  Trains an LSTM.\n"
            "mystery  -            0/0   0/0        0\n");
}

TEST(CatalogTest, ShowsWhatAStageSaysOfItself) {
  EXPECT_EQ(RenderStage(SampleStage(), {}), R"(train 1.0.0
Trains an LSTM.

Parameters
  NAME    DEFAULT  ALLOWED                     MEANING
  epochs  100      a whole number, at least 1  passes over the data

Inputs
  NAME     TYPE    MEANING
  X_train  tensor  windows

Outputs
  NAME     TYPE              MEANING
  history  report, optional  evaluations

Replicas
  ADDRESS         STATE        BUSY  REASON
  10.0.0.7:50051  serving       1/2
  10.0.0.8:50051  not serving   0/2  does not answer
)");
}

TEST(CatalogTest, ListsAPipelineALine) {
  EXPECT_EQ(RenderPipelineList({SamplePipeline()}, {}),
            "PIPELINE  VERSION  STEPS         MEANING\n"
            "airline         3  load → train  Forecasts airline passengers.\n");
}

TEST(CatalogTest, ShowsAPipelinesParametersInputsAndSteps) {
  const std::string text = RenderPipeline(SamplePipeline(), {});
  EXPECT_THAT(text, HasSubstr("proportion  0.7      a number greater than 0 "
                              "and less than 1"));
  EXPECT_THAT(text, HasSubstr("source  table  pvc://artifacts/data/"));
  EXPECT_THAT(text, HasSubstr("load   load   source=inputs.source      "
                              "proportion=${parameters.proportion}\n"));
  EXPECT_THAT(text, HasSubstr("train  train  X_train=steps.load.train\n"));
}

TEST(CatalogTest, ListsAnArtifactALine) {
  const auto recorded = FromText<v1::RecordedArtifact>(R"pb(
    step: "load"
    artifact {
      name: "train"
      uri: "pvc://artifacts/runs/x/load/1/train"
      type: ARTIFACT_TYPE_TENSOR
      size_bytes: 2048
      tensors { dtype: "F32" shape: 100 shape: 1 }
    })pb");
  EXPECT_EQ(RenderArtifactList({recorded}, {}),
            "STEP  ARTIFACT  SHAPE            SIZE  URI\n"
            "load  train     [100, 1] F32  2.0 KiB  "
            "pvc://artifacts/runs/x/load/1/train\n");
}

TEST(CatalogTest, ShowsTheFieldsOfAnArtifact) {
  const auto artifact = FromText<v1::Artifact>(R"pb(
    name: "train"
    uri: "pvc://artifacts/a"
    type: ARTIFACT_TYPE_TENSOR
    size_bytes: 2048
    sha256: "abc"
    metadata { key: "rows" value: "100" })pb");
  EXPECT_EQ(RenderArtifact(artifact, {}),
            "artifact  train\n"
            "uri       pvc://artifacts/a\n"
            "type      tensor\n"
            "size      2.0 KiB\n"
            "sha256    abc\n"
            "rows      100\n");
}

}  // namespace
}  // namespace stagecoach
