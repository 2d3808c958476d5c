#include "orchestrator/pipeline/parse.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "orchestrator/pipeline/digest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::google::protobuf::TextFormat;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string ReadTestFile(const std::string& name) {
  return ReadFile(std::filesystem::path(STAGECOACH_SOURCE) /
                  "orchestrator/pipeline/testdata" / name);
}

std::vector<std::string> StepNames(const v1::Pipeline& pipeline) {
  std::vector<std::string> names;
  for (const v1::PipelineStep& step : pipeline.steps()) {
    names.push_back(step.name());
  }
  return names;
}

constexpr char kAirline[] = R"pb(
  name: "airline"
  documentation: "Forecasts the passengers of the next month."
  parameters {
    name: "lookback"
    type: PARAMETER_TYPE_INTEGER
    default_value { integer_value: 4 }
    minimum: 1
    documentation: "Values that one forecast is made from."
  }
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
    default_value { string_value: "Passengers" }
  }
  inputs {
    name: "source"
    type: ARTIFACT_TYPE_TABLE
    default_uri: "pvc://artifacts/data/airline-passengers.csv"
  }
  steps {
    name: "load"
    stage: "load"
    parameters {
      key: "column"
      value { parameter: "column" }
    }
    parameters {
      key: "lookback"
      value { parameter: "lookback" }
    }
    parameters {
      key: "proportion"
      value { parameter: "proportion" }
    }
    inputs {
      key: "source"
      value { pipeline_input: "source" }
    }
  }
  steps {
    name: "prepare"
    stage: "prepare"
    parameters {
      key: "lookback"
      value { parameter: "lookback" }
    }
    inputs {
      key: "train"
      value { step_output { step: "load" output: "train" } }
    }
  }
  steps {
    name: "train"
    stage: "train"
    parameters {
      key: "epochs"
      value { value { integer_value: 100 } }
    }
    parameters {
      key: "learning_rate"
      value { value { number_value: 0.001 } }
    }
    inputs {
      key: "X_train"
      value { step_output { step: "prepare" output: "X_train" } }
    }
    inputs {
      key: "y_train"
      value { step_output { step: "prepare" output: "y_train" } }
    }
    timeout { seconds: 600 }
    queue_timeout { seconds: 90 }
    total_timeout { seconds: 1200 }
    cache {
      enabled: true
      max_age { seconds: 86400 }
    }
    retry {
      max_attempts: 5
      backoff { nanos: 500000000 }
      max_backoff { seconds: 30 }
    }
  }
  outputs {
    name: "weights"
    source { step: "train" output: "weights" }
    documentation: "The model."
  }
  timeout { seconds: 3600 }
  max_concurrent_runs: 4
)pb";

TEST(ParsePipelineTest, ReadsEveryField) {
  const auto pipeline =
      ParsePipeline(ReadTestFile("airline.yaml"), "airline.yaml");
  ASSERT_OK(pipeline);
  v1::Pipeline expected;
  ASSERT_TRUE(TextFormat::ParseFromString(kAirline, &expected));
  expected.set_digest(PipelineDigest(*pipeline));
  std::string difference;
  MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(expected, *pipeline)) << difference;
}

// A pipeline up to its steps.
constexpr char kHeader[] =
    "apiVersion: stagecoach/v1\n"
    "kind: Pipeline\n"
    "metadata: {name: test}\n"
    "spec:\n"
    "  steps:\n";

// A pipeline of steps called a, b, …; `needs` says which step takes the output
// of which, as "b<a".
std::string Steps(const std::vector<std::string>& steps,
                  const std::vector<std::string>& needs) {
  std::string yaml = kHeader;
  for (const std::string& step : steps) {
    absl::StrAppend(&yaml, "  - name: ", step, "\n    stage: some\n");
    absl::StrAppend(&yaml, "    inputs:\n");
    for (const std::string& need : needs) {
      const std::vector<std::string> ends = absl::StrSplit(need, '<');
      if (ends[0] != step) continue;
      absl::StrAppend(&yaml, "      from_", ends[1], ": steps.", ends[1],
                      ".out\n");
    }
  }
  return yaml;
}

TEST(ParsePipelineTest, KeepsTheOrderOfTheFileWhereNothingSpeaksAgainstIt) {
  const auto pipeline =
      ParsePipeline(Steps({"d", "a", "c", "b"}, {"d<c", "a<b"}), "");
  ASSERT_OK(pipeline);
  EXPECT_THAT(StepNames(*pipeline), ElementsAre("c", "d", "b", "a"));
}

TEST(ParsePipelineTest, AThousandStepsInAChainAreSorted) {
  std::vector<std::string> expected;
  for (int i = 0; i < 1000; ++i) expected.push_back(absl::StrCat("step-", i));
  std::string yaml = kHeader;
  for (int i = 999; i >= 0; --i) {
    absl::StrAppend(&yaml, "  - name: step-", i, "\n    stage: some\n");
    if (i > 0) {
      absl::StrAppend(&yaml, "    inputs: {x: steps.step-", i - 1, ".out}\n");
    }
  }
  const auto pipeline = ParsePipeline(yaml, "");
  ASSERT_OK(pipeline);
  EXPECT_EQ(StepNames(*pipeline), expected);
}

v1::ParameterBinding Bound(absl::string_view value) {
  const auto pipeline =
      ParsePipeline(absl::StrCat(kHeader,
                                 "  - name: a\n    stage: some\n"
                                 "    parameters:\n      x: ",
                                 value, "\n"),
                    "p.yaml");
  EXPECT_OK(pipeline) << value;
  if (!pipeline.ok()) return {};
  return pipeline->steps(0).parameters().at("x");
}

TEST(ParsePipelineTest, ValuesHaveTheTypeThatTheyAreWrittenAs) {
  for (const auto& [text, whole] : std::map<std::string, int64_t>{
           {"4", 4},
           {"-17", -17},
           {"+3", 3},
           {"007", 7},
           {"9223372036854775807", std::numeric_limits<int64_t>::max()}}) {
    EXPECT_EQ(Bound(text).value().kind_case(),
              v1::ParameterValue::kIntegerValue)
        << text;
    EXPECT_EQ(Bound(text).value().integer_value(), whole) << text;
  }
  for (const auto& [text, number] :
       std::map<std::string, double>{{"0.7", 0.7},
                                     {"1e-3", 1e-3},
                                     {".5", 0.5},
                                     {"-2.", -2},
                                     {"1E3", 1e3}}) {
    EXPECT_EQ(Bound(text).value().kind_case(), v1::ParameterValue::kNumberValue)
        << text;
    EXPECT_EQ(Bound(text).value().number_value(), number) << text;
  }
  for (const char* text : {"true", "True", "TRUE"}) {
    EXPECT_TRUE(Bound(text).value().boolean_value()) << text;
  }
  for (const auto& [text, value] : std::map<std::string, std::string>{
           {"Passengers", "Passengers"},
           {"\"0.7\"", "0.7"},
           {"'4'", "4"},
           {"yes", "yes"},
           {"1.2.3", "1.2.3"},
           {"0x10", "0x10"},
           {"''", ""},
           {"1e", "1e"},

           {"2026-11-23", "2026-11-23"},
           {"|\n        two\n        lines", "two\nlines\n"}}) {
    EXPECT_EQ(Bound(text).value().kind_case(), v1::ParameterValue::kStringValue)
        << text;
    EXPECT_EQ(Bound(text).value().string_value(), value) << text;
  }
}

TEST(ParsePipelineTest, AListIsOfTextsWhateverTheyLookLike) {
  const auto pipeline = ParsePipeline(
      absl::StrCat(kHeader,
                   "  - name: load\n    stage: load\n    parameters:\n"
                   "      columns: [Month, 1949, \"a,b\", true]\n"
                   "      calendar: ${parameters.calendar}\n"
                   "    inputs: {source: inputs.source}\n"
                   "  parameters:\n  - name: calendar\n    type: string-list\n"
                   "    choices: [month, hour]\n    default: [hour, month]\n"
                   "  inputs: [{name: source, type: file}]\n"),
      "");
  ASSERT_OK(pipeline);
  EXPECT_THAT(pipeline->steps(0)
                  .parameters()
                  .at("columns")
                  .value()
                  .string_list_value()
                  .values(),
              ElementsAre("Month", "1949", "a,b", "true"));
  EXPECT_THAT(
      pipeline->parameters(0).default_value().string_list_value().values(),
      ElementsAre("hour", "month"));
  EXPECT_EQ(pipeline->inputs(0).type(), v1::ARTIFACT_TYPE_FILE);
}

TEST(ParsePipelineTest, TheDigestIsOfTheSpecificationNotOfItsLayout) {
  const std::string block =
      absl::StrCat(kHeader,
                   "  - name: a\n    stage: some\n    parameters:\n"
                   "      x: 1\n      y: 2\n");
  const std::string flow =
      absl::StrCat("# A comment.\n", kHeader,
                   "  - {stage: some, name: a, parameters: {y: 2, x: 1}}\n");
  const std::string other = absl::StrCat(
      kHeader, "  - {name: a, stage: some, parameters: {x: 1, y: 3}}\n");
  const auto digest = [](const std::string& yaml) {
    const auto pipeline = ParsePipeline(yaml, "");
    EXPECT_OK(pipeline);
    return pipeline->digest();
  };
  EXPECT_THAT(digest(block), MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(digest(block), digest(flow));
  EXPECT_NE(digest(block), digest(other));
}

TEST(ParsePipelineTest, TheDigestLeavesOutVersionAndItself) {
  auto pipeline = ParsePipeline(ReadTestFile("airline.yaml"), "airline.yaml");
  ASSERT_OK(pipeline);
  pipeline->set_version(7);
  EXPECT_EQ(PipelineDigest(*pipeline), pipeline->digest());
}

TEST(ParsePipelineTest, LinesAreThoseOfTheFields) {
  const auto parsed =
      ParsePipelineWithLines(ReadTestFile("airline.yaml"), "airline.yaml");
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->lines.Line("metadata.name"), 5);
  EXPECT_EQ(parsed->lines.Line("spec.steps.train.inputs.X_train"), 34);
  // Where there is no such field, the one around it.
  EXPECT_EQ(parsed->lines.Line("spec.steps.train.inputs.X_test"), 33);
  EXPECT_EQ(parsed->lines.Line("nothing"), 0);
  EXPECT_EQ(parsed->lines.Describe(5), "airline.yaml:5");
}

TEST(ParsePipelineTest, EveryPipelineThatIsShippedIsOne) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(STAGECOACH_SOURCE) / "deploy/pipelines")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = entry.path().filename().string();
    const auto pipeline = ParsePipeline(ReadFile(entry.path()), name);
    EXPECT_OK(pipeline);
    EXPECT_EQ(pipeline->name() + ".yaml", name);
    ++count;
  }
  EXPECT_GE(count, 1);
}

}  // namespace
}  // namespace stagecoach
