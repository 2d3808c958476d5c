#include "orchestrator/cli/verbs/run_inputs.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/exit_code.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "services/common/base/status_matchers.h"
#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

std::string Parsed(v1::ParameterType type, const std::string& text) {
  return QuotedParameterValue(ParseParameterValue(type, text));
}

TEST(RunInputsTest, ValuesAreReadAsTheTypeThatIsWanted) {
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_INTEGER, "-7"), "-7");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_NUMBER, "0.7"), "0.7");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_NUMBER, "1e-3"), "0.001");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_BOOLEAN, "true"), "true");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_STRING, "12"), "\"12\"");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_STRING, ""), "\"\"");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_INTEGER_OR_STRING, "-1"), "-1");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_INTEGER_OR_STRING, "Passengers"),
            "\"Passengers\"");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_INTEGER_OR_STRING, "1.5"), "\"1.5\"");
}

TEST(RunInputsTest, AListIsWrittenWithCommas) {
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_STRING_LIST, "a,b"), R"(["a", "b"])");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_STRING_LIST, "12"), R"(["12"])");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_STRING_LIST, ""), "[]");
}

TEST(RunInputsTest, TextInQuotesIsAlwaysAString) {
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_INTEGER_OR_STRING, "\"5\""), "\"5\"");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_NUMBER, "\"0.7\""), "\"0.7\"");
}

TEST(RunInputsTest, NoWordIsTakenForANumber) {
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_NUMBER, "nan"), "\"nan\"");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_NUMBER, "inf"), "\"inf\"");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_NUMBER, "-"), "\"-\"");
  EXPECT_EQ(Parsed(v1::PARAMETER_TYPE_INTEGER, ""), "\"\"");
}

struct Case {
  std::string setting;
  std::string message;
};

TEST(RunInputsTest, EachWrongParameterIsOneUsageErrorNamingIt) {
  const Case cases[] = {
      {"epochs=many",
       "parameter 'epochs' of pipeline 'airline' is a string, "
       "\"many\"; it must be a whole number, at least 1"},
      {"epochs=-1", "'epochs' of pipeline 'airline' is -1; it must be"},
      {"epochs=1.5", "'epochs' of pipeline 'airline' is a number, 1.5"},
      {"proportion=0", "greater than 0 and less than 1"},
      {"proportion=1.5", "is 1.5; it must be a number greater than 0"},
      {"proportion=\"0.7\"", "is a string, \"0.7\"; it must be a number"},
      {"proprtion=0.5", "did you mean \"proportion\"?"},
      {"epochs", "--set 'epochs' must be NAME=VALUE"},
      {"=3", "must be NAME=VALUE"},
  };
  for (const Case& each : cases) {
    v1::RunRequest request;
    const absl::Status status =
        SetParameters(SamplePipeline(), {each.setting}, request);
    EXPECT_THAT(std::string(status.message()), HasSubstr(each.message))
        << each.setting;
    EXPECT_EQ(ExitCodeFor(status), ExitCode::kUsage) << each.setting;
  }
}

TEST(RunInputsTest, AParameterIsSetOnce) {
  v1::RunRequest request;
  EXPECT_THAT(
      SetParameters(SamplePipeline(), {"epochs=1", "epochs=2"}, request),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("set twice")));
}

TEST(RunInputsTest, OnlyWhatWasSetIsSent) {
  v1::RunRequest request;
  ASSERT_OK(SetParameters(SamplePipeline(), {"epochs=5"}, request));
  EXPECT_EQ(request.parameters().size(), 1u);
}

TEST(RunInputsTest, InputsAreCheckedByName) {
  v1::RunRequest request;
  EXPECT_OK(SetInputs(SamplePipeline(), {"source=pvc://a/b=c.csv"}, request));
  EXPECT_EQ(request.inputs().at("source"), "pvc://a/b=c.csv");
  EXPECT_THAT(
      SetInputs(SamplePipeline(), {"source=pvc://a/b"}, request),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("given twice")));
  v1::RunRequest other;
  EXPECT_THAT(SetInputs(SamplePipeline(), {"sauce=pvc://a/b"}, other),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("known are source")));
}

TEST(RunInputsTest, AnInputWithoutDefaultHasToBeGiven) {
  v1::Pipeline pipeline = SamplePipeline();
  pipeline.mutable_inputs(0)->clear_default_uri();
  v1::RunRequest request;
  EXPECT_THAT(SetInputs(pipeline, {}, request),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("--input source=FILE")));
}

}  // namespace
}  // namespace stagecoach
