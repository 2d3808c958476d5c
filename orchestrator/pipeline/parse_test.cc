#include "orchestrator/pipeline/parse.h"

#include <fstream>
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
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string ReadTestFile(const std::string& name) {
  std::ifstream file(absl::StrCat(STAGECOACH_PIPELINE_TESTDATA, "/", name));
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
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

// A pipeline of steps called a, b, …; `needs` says which step takes the output
// of which, as "b<a".
std::string Steps(const std::vector<std::string>& steps,
                  const std::vector<std::string>& needs) {
  std::string yaml =
      "apiVersion: stagecoach/v1\n"
      "kind: Pipeline\n"
      "metadata: {name: test}\n"
      "spec:\n"
      "  steps:\n";
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

}  // namespace
}  // namespace stagecoach
