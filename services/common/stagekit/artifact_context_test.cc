#include "services/common/stagekit/artifact_context.h"

#include <functional>
#include <utility>

#include "gtest/gtest.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/status_matchers.h"
#include "services/common/stagekit/stage_builder.h"
#include "services/common/stagekit/stage_harness.h"

namespace stagecoach {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Does what the test says.
class ScriptedStage final : public Stage {
 public:
  using Script = std::function<absl::Status(ExecutionContext&)>;
  explicit ScriptedStage(Script script) : script_(std::move(script)) {}

  v1::StageDescription Describe() const override {
    return StageBuilder("scripted", "1.0.0", "Does what the test says.")
        .Parameter(Integer("count", "").Default(4))
        .Parameter(Number("rate", "").Default(0.5))
        .Parameter(String("word", "").Default("yes"))
        .Parameter(Boolean("flag", "").Default(true))
        .Parameter(IntegerOrString("column", "").Default("Month"))
        .Parameter(StringList("columns", "").Default({"Month", "Year"}))
        .OptionalInput("series", v1::ARTIFACT_TYPE_TENSOR, "")
        .OptionalOutput("report", v1::ARTIFACT_TYPE_REPORT, "")
        .OptionalOutput("tensor", v1::ARTIFACT_TYPE_TENSOR, "")
        .Build();
  }

  absl::Status Run(ExecutionContext& context) override {
    return script_(context);
  }

 private:
  const Script script_;
};

absl::Status RunScript(ScriptedStage::Script script) {
  ScriptedStage stage(std::move(script));
  return StageHarness(stage).Run();
}

TEST(ArtifactContextTest, GivesParametersByType) {
  EXPECT_OK(RunScript([](ExecutionContext& context) {
    EXPECT_EQ(context.Integer("count"), 4);
    EXPECT_EQ(context.Number("rate"), 0.5);
    EXPECT_EQ(context.String("word"), "yes");
    EXPECT_TRUE(context.Boolean("flag"));
    EXPECT_EQ(context.Parameter("column").string_value(), "Month");
    EXPECT_THAT(context.StringList("columns"), ElementsAre("Month", "Year"));
    EXPECT_EQ(context.execution_id(), "test-run/step/1");
    return absl::OkStatus();
  }));
}

TEST(ArtifactContextDeathTest, AskingForAParameterThatIsNotDeclaredIsADefect) {
  EXPECT_DEATH(RunScript([](ExecutionContext& context) {
                 context.Integer("cuont");
                 return absl::OkStatus();
               }).IgnoreError(),
               "has not declared parameter 'cuont'");
  EXPECT_DEATH(RunScript([](ExecutionContext& context) {
                 context.Number("count");
                 return absl::OkStatus();
               }).IgnoreError(),
               "reads parameter 'count' as another type");
}

TEST(ArtifactContextTest, UndeclaredInputsAndOutputsAreInternalErrors) {
  EXPECT_THAT(RunScript([](ExecutionContext& context) {
                return context.OpenInput("sreies").status();
              }),
              StatusIs(absl::StatusCode::kInternal,
                       HasSubstr("has not declared input 'sreies'")));
  EXPECT_THAT(RunScript([](ExecutionContext& context) {
                return context.WriteOutput("reprot", "{}");
              }),
              StatusIs(absl::StatusCode::kInternal,
                       HasSubstr("has not declared output 'reprot'")));
  EXPECT_THAT(RunScript([](ExecutionContext& context) {
                return context.WriteTensors("report", {}, {});
              }),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("report")));
}

TEST(ArtifactContextTest, AnOptionalInputMayBeMissing) {
  EXPECT_OK(RunScript([](ExecutionContext& context) {
    EXPECT_FALSE(context.HasInput("series"));
    return absl::OkStatus();
  }));
  EXPECT_THAT(RunScript([](ExecutionContext& context) {
                return context.OpenTensors("series").status();
              }),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("optional")));
}

TEST(ArtifactContextTest, AnInputThatIsNotSafetensorsIsNamed) {
  ScriptedStage stage([](ExecutionContext& context) {
    return context.OpenTensors("series").status();
  });
  StageHarness harness(stage);
  harness.GiveBytes("series", "month,passengers");
  EXPECT_THAT(harness.Run(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                      HasSubstr("input 'series'")));
}

TEST(ArtifactContextTest, AnOutputIsWrittenOnce) {
  EXPECT_THAT(
      RunScript([](ExecutionContext& context) -> absl::Status {
        SC_RETURN_IF_ERROR(context.WriteOutput("report", "{}"));
        return context.WriteOutput("report", "{}");
      }),
      StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("output 'report'")));
}

TEST(ArtifactContextTest, OptionalOutputsAreListedOnlyIfWritten) {
  ScriptedStage stage([](ExecutionContext& context) {
    return context.WriteOutput("report", "{}");
  });
  StageHarness harness(stage);
  ASSERT_OK(harness.Run());
  EXPECT_TRUE(harness.HasOutput("report"));
  EXPECT_FALSE(harness.HasOutput("tensor"));
}

}  // namespace
}  // namespace stagecoach
