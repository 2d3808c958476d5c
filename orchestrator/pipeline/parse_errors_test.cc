// What ParsePipeline says of pipelines that are wrong: the first line of each
// message, word for word, because it is all that a user gets.

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/pipeline/parse.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

// Line numbers are counted from here.
constexpr absl::string_view kGood =
    R"(apiVersion: stagecoach/v1
kind: Pipeline
metadata:
  name: airline
spec:
  timeout: 1h
  parameters:
    - name: epochs
      type: integer
      default: 4
  inputs:
    - name: source
      type: table
  steps:
    - name: load
      stage: load
      inputs: {source: inputs.source}
    - name: train
      stage: train
      parameters:
        epochs: ${parameters.epochs}
      inputs:
        train: steps.load.train
      timeout: 10m
      retry:
        maxAttempts: 3
  outputs:
    - name: weights
      from: steps.train.weights
)";

struct BadPipeline {
  std::string name;
  // The good pipeline with the first of these replaced by the second.
  std::string found;
  std::string replacement;
  // First line of the message, without "p.yaml:".
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const BadPipeline& bad) {
  return out << bad.name;
}

std::vector<std::string> LinesOf(const absl::Status& status) {
  return absl::StrSplit(status.message(), '\n');
}

class BadPipelineTest : public testing::TestWithParam<BadPipeline> {};

TEST_P(BadPipelineTest, IsRefusedWithFileLineAndField) {
  const BadPipeline& bad = GetParam();
  ASSERT_THAT(kGood, HasSubstr(bad.found));
  const std::string yaml =
      absl::StrReplaceAll(kGood, {{bad.found, bad.replacement}});
  const auto pipeline = ParsePipeline(yaml, "p.yaml");
  ASSERT_THAT(pipeline, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(LinesOf(pipeline.status()).front(),
            absl::StrCat("p.yaml:", bad.message));
}

INSTANTIATE_TEST_SUITE_P(
    Document, BadPipelineTest,
    testing::ValuesIn(std::vector<BadPipeline>{
        {"AnotherApiVersion", "stagecoach/v1", "stagecoach/v2",
         "1: apiVersion: must be stagecoach/v1, not \"stagecoach/v2\""},
        {"NoApiVersion", "apiVersion: stagecoach/v1\n", "",
         "1: apiVersion: is missing"},
        {"AnotherKind", "kind: Pipeline", "kind: Job",
         "2: kind: must be Pipeline, not \"Job\""},
        {"NoMetadata", "metadata:\n  name: airline\n", "",
         "1: metadata: is missing"},
        {"MetadataIsText", "metadata:\n  name: airline\n", "metadata: x\n",
         "3: metadata: must be a map, not \"x\""},
        {"NoName", "  name: airline\n", "  documentation: x\n",
         "3: metadata.name: is missing"},
        {"NameWithCapitals", "name: airline", "name: Airline",
         "4: metadata.name: the name is 'Airline'; it must be a lower-case "
         "letter, then lower-case letters, digits and '-', at most 63 "
         "characters"},
        {"NameIsAList", "name: airline", "name: [a]",
         "4: metadata.name: must be text, not a list"},
        {"EmptyName", "name: airline", "name: ''",
         "4: metadata.name: is empty"},
        {"UnknownTopField", "kind: Pipeline", "kind: Pipeline\nspecs: 1",
         "3: specs: unknown field; did you mean \"spec\"?"},
        {"UnknownMetadataField", "name: airline", "name: a\n  labels: {}",
         "5: metadata.labels: unknown field; known are name, documentation"},
        {"UnknownSpecField", "timeout: 1h", "timeuot: 1h",
         "6: spec.timeuot: unknown field; did you mean \"timeout\"?"},
        {"SpecIsNothing", "spec:\n", "spec:\nother:\n",
         "5: spec: must be a map, not nothing"},
        {"TwiceTheSameKey", "kind: Pipeline", "kind: Pipeline\nkind: Pipeline",
         "3: kind: stands twice in one map"},
        {"NotYaml", "kind: Pipeline", "kind: Pipeline: x",
         "2: is not valid YAML: illegal map value"},
        {"TabAsIndentation", "  timeout: 1h", "\ttimeout: 1h",
         "6: is not valid YAML: illegal map value; indent with spaces, not "
         "tabs"},
        {"OpenQuote", "name: airline", "name: \"airline",
         "1: spec: is missing"},
        {"ReferenceUnquotedInBraces", "inputs: {source: inputs.source}",
         "inputs: {source: ${inputs.source}}",
         "17: is not valid YAML: end of map flow not found; within { } write "
         "\"${…}\" in quotes"},
        {"Alias", "timeout: 1h", "timeout: &t 1h",
         "6: anchors (&t) are not allowed"},
        {"Tag", "timeout: 1h", "timeout: !!str 1h",
         "6: tags (tag:yaml.org,2002:str) are not allowed"},
        {"TwoDocuments", "kind: Pipeline", "kind: Pipeline\n---\na: b",
         "3: a second document; one is allowed"},
        {"KeyIsAList", "kind: Pipeline", "[a]: Pipeline",
         "2: a key must be text"},
        {"ControlCharacter", "kind: Pipeline", "kind: Pipe\x01line",
         "2: is not UTF-8 text without control characters"},
        {"NotUtf8", "kind: Pipeline", "kind: Pipe\xff",
         "2: is not UTF-8 text without control characters"},
    }),
    [](const auto& bad) { return bad.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Parameters, BadPipelineTest,
    testing::ValuesIn(std::vector<BadPipeline>{
        {"UnknownType", "type: integer", "type: intger",
         "9: spec.parameters.epochs.type: unknown parameter type \"intger\"; "
         "did you mean \"integer\"?"},
        {"NoType", "      type: integer\n", "",
         "8: spec.parameters.epochs.type: is missing"},
        {"UnknownField", "default: 4", "defualt: 4",
         "10: spec.parameters.epochs.defualt: unknown field; did you mean "
         "\"default\"?"},
        {"DefaultOfAnotherType", "default: 4", "default: four",
         "10: spec.parameters.epochs.default: parameter 'epochs' of the "
         "pipeline is a string, \"four\"; it must be a whole number"},
        {"QuotedNumberStaysText", "default: 4", "default: \"4\"",
         "10: spec.parameters.epochs.default: parameter 'epochs' of the "
         "pipeline is a string, \"4\"; it must be a whole number"},
        {"FractionForInteger", "default: 4", "default: 4.5",
         "10: spec.parameters.epochs.default: parameter 'epochs' of the "
         "pipeline is a number, 4.5; it must be a whole number"},
        {"DefaultOutOfRange", "default: 4", "default: 4\n      maximum: 3",
         "10: spec.parameters.epochs.default: parameter 'epochs' of the "
         "pipeline is 4; it must be a whole number, at most 3"},
        {"EmptyRange", "default: 4",
         "default: 4\n      minimum: 5\n      maximum: 3",
         "8: spec.parameters.epochs: parameter 'epochs' of the pipeline has an "
         "empty range"},
        {"MinimumIsText", "default: 4", "default: 4\n      minimum: \"1\"",
         "11: spec.parameters.epochs.minimum: must be a number, not \"1\""},
        {"ExcludedIsText", "default: 4",
         "default: 4\n      minimum: 1\n      minimumExcluded: yes",
         "12: spec.parameters.epochs.minimumExcluded: must be true or false, "
         "not \"yes\""},
        {"ChoicesOfAnInteger", "default: 4", "choices: [a, b]",
         "8: spec.parameters.epochs: parameter 'epochs' of the pipeline has "
         "choices, which only strings have"},
        {"ChoicesIsText", "default: 4", "choices: a",
         "10: spec.parameters.epochs.choices: must be a list, not \"a\""},
        {"DefaultIsAList", "default: 4", "default: [4]",
         "10: spec.parameters.epochs.default: parameter 'epochs' of the "
         "pipeline is a list of strings, [\"4\"]; it must be a whole number"},
        {"DefaultIsAMap", "default: 4", "default: {a: 4}",
         "10: spec.parameters.epochs.default: must be a single value or a list "
         "of texts, not a map"},
        {"DefaultIsAListOfLists", "default: 4", "default: [[4]]",
         "10: spec.parameters.epochs.default: must be a list of texts, but "
         "holds a list"},
        {"DefaultIsNan", "type: integer\n      default: 4",
         "type: number\n      default: .nan",
         "10: spec.parameters.epochs.default: must be a finite number, not "
         "nan"},
        {"DefaultBeyond64Bits", "default: 4", "default: 9223372036854775808",
         "10: spec.parameters.epochs.default: must be a whole number of at "
         "most 64 bits, not 9223372036854775808"},
        {"BadName", "name: epochs", "name: max-epochs",
         "8: spec.parameters.max-epochs.name: the name is 'max-epochs'; it "
         "must be a letter, then letters, digits and '_', at most 64 "
         "characters"},
        {"SameNameTwice", "  inputs:\n    - name: source",
         "    - {name: epochs, type: string}\n  inputs:\n    - name: source",
         "11: spec.parameters.epochs.name: there are two called \"epochs\" in "
         "spec.parameters"},
        {"NoStepUsesIt", "epochs: ${parameters.epochs}", "epochs: 5",
         "8: spec.parameters.epochs: no step uses it; hand it to one as "
         "${parameters.epochs}, or remove it"},
        {"ListIsAMap", "parameters:\n    - name: epochs\n",
         "parameters:\n      name: epochs\n",
         "7: spec.parameters: must be a list, not a map"},
        {"ItemIsText", "  inputs:\n    - name: source",
         "    - x\n  inputs:\n    - name: source",
         "11: spec.parameters[1]: must be a map, not \"x\""},
    }),
    [](const auto& bad) { return bad.param.name; });

INSTANTIATE_TEST_SUITE_P(
    InputsAndOutputs, BadPipelineTest,
    testing::ValuesIn(std::vector<BadPipeline>{
        {"UnknownArtifactType", "type: table", "type: tabel",
         "13: spec.inputs.source.type: unknown artifact type 'tabel'; did you "
         "mean \"table\"?"},
        {"NoArtifactType", "      type: table\n", "",
         "12: spec.inputs.source.type: is missing"},
        {"DefaultIsNoUri", "type: table",
         "type: table\n      default: /data/a.csv",
         "14: spec.inputs.source.default: URI \"/data/a.csv\" does not begin "
         "with \"pvc://\"; the form is pvc://<volume>/<path>"},
        {"DefaultLeavesTheVolume", "type: table",
         "type: table\n      default: pvc://artifacts/../a.csv",
         "14: spec.inputs.source.default: URI \"pvc://artifacts/../a.csv\": "
         "path \"../a.csv\" has the segment \".\" or \"..\"; a path is "
         "relative to its volume, like \"runs/a/train.csv\""},
        {"NoStepUsesTheInput", "      inputs: {source: inputs.source}\n", "",
         "12: spec.inputs.source: no step uses it; hand it to one as "
         "inputs.source, or remove it"},
        {"OutputOfAnUnknownStep", "from: steps.train.weights",
         "from: steps.trian.weights",
         "29: spec.outputs.weights.from: there is no step \"trian\"; did you "
         "mean \"train\"?"},
        {"OutputFromAnInput", "from: steps.train.weights",
         "from: inputs.source",
         "29: spec.outputs.weights.from: must be steps.STEP.OUTPUT, not "
         "\"inputs.source\""},
        {"OutputFromNothing", "      from: steps.train.weights\n", "",
         "28: spec.outputs.weights.from: is missing"},
        {"OutputWithUnknownField", "from: steps.train.weights",
         "form: steps.train.weights",
         "28: spec.outputs.weights.from: is missing"},
    }),
    [](const auto& bad) { return bad.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Steps, BadPipelineTest,
    testing::ValuesIn(std::vector<BadPipeline>{
        {"NoStage", "      stage: train\n", "",
         "18: spec.steps.train.stage: is missing"},
        {"UnknownField", "stage: train", "stage: train\n      stgae: train",
         "20: spec.steps.train.stgae: unknown field; did you mean \"stage\"?"},
        {"NoName", "    - name: train\n      stage: train",
         "    - stage: train", "18: spec.steps[1].name: is missing"},
        {"SameNameTwice", "name: train\n      stage", "name: load\n      stage",
         "18: spec.steps.load.name: there are two called \"load\" in "
         "spec.steps"},
        {"UnknownParameter", "${parameters.epochs}", "${parameters.epoch}",
         "21: spec.steps.train.parameters.epochs: the pipeline has no "
         "parameter \"epoch\"; did you mean \"epochs\"?"},
        {"ReferenceWithText", "${parameters.epochs}", "${parameters.epochs}0",
         "21: spec.steps.train.parameters.epochs: must be a value or all of it "
         "one ${parameters.NAME}, not \"${parameters.epochs}0\""},
        {"ReferenceToTheEnvironment", "${parameters.epochs}", "${EPOCHS}",
         "21: spec.steps.train.parameters.epochs: must be a value or all of it "
         "one ${parameters.NAME}, not \"${EPOCHS}\""},
        {"ParameterIsAMap", "${parameters.epochs}", "{a: 1}",
         "21: spec.steps.train.parameters.epochs: must be a single value or a "
         "list of texts, not a map"},
        {"ParameterIsNothing", "${parameters.epochs}", "",
         "21: spec.steps.train.parameters.epochs: must be a single value or a "
         "list of texts, not nothing"},
        {"ReferenceInAList", "${parameters.epochs}",
         "[\"${parameters.epochs}\"]",
         "21: spec.steps.train.parameters.epochs: must be a list of texts, but "
         "holds \"${parameters.epochs}\""},
        {"ParametersIsAList",
         "parameters:\n        epochs: ${parameters.epochs}", "parameters: [a]",
         "20: spec.steps.train.parameters: must be a map, not a list"},
        {"UnknownStep", "steps.load.train", "steps.laod.train",
         "23: spec.steps.train.inputs.train: there is no step \"laod\"; did "
         "you mean \"load\"?"},
        {"OwnOutput", "steps.load.train", "steps.train.train",
         "23: spec.steps.train.inputs.train: the step needs its own output"},
        {"Circle", "inputs: {source: inputs.source}",
         "inputs: {source: inputs.source, x: steps.train.weights}",
         "15: spec.steps.load: steps need each other in a circle: load needs "
         "train needs load"},
        {"UnknownInput", "inputs.source", "inputs.sorce",
         "17: spec.steps.load.inputs.source: the pipeline has no input "
         "\"sorce\"; did you mean \"source\"?"},
        {"InputWithoutOutput", "steps.load.train", "steps.load",
         "23: spec.steps.train.inputs.train: must be steps.STEP.OUTPUT or "
         "inputs.NAME, not \"steps.load\""},
        {"InputIsAUri", "steps.load.train", "pvc://artifacts/a.csv",
         "23: spec.steps.train.inputs.train: must be steps.STEP.OUTPUT or "
         "inputs.NAME, not \"pvc://artifacts/a.csv\""},
        {"TimeoutWithoutUnit", "timeout: 10m", "timeout: 10",
         "24: spec.steps.train.timeout: must be a duration such as 250ms, 90s "
         "or 1h30m, not 10"},
        {"TimeoutOfZero", "timeout: 10m", "timeout: 0s",
         "24: spec.steps.train.timeout: must be longer than 0s, not 0s"},
        {"NegativeTimeout", "timeout: 10m", "timeout: -5m",
         "24: spec.steps.train.timeout: must be longer than 0s, not -5m"},
        {"TimeoutForEver", "timeout: 10m", "timeout: inf",
         "24: spec.steps.train.timeout: must be a duration such as 250ms, 90s "
         "or 1h30m, not \"inf\""},
        {"NoAttempts", "maxAttempts: 3", "maxAttempts: 0",
         "26: spec.steps.train.retry.maxAttempts: must be from 1 to 100, not "
         "0"},
        {"TooManyAttempts", "maxAttempts: 3", "maxAttempts: 101",
         "26: spec.steps.train.retry.maxAttempts: must be from 1 to 100, not "
         "101"},
        {"HalfAnAttempt", "maxAttempts: 3", "maxAttempts: 1.5",
         "26: spec.steps.train.retry.maxAttempts: must be a whole number, not "
         "1.5"},
        {"NegativeBackoff", "maxAttempts: 3", "backoff: -1s",
         "26: spec.steps.train.retry.backoff: must be 0s or longer, not -1s"},
        {"MaxBackoffBelowBackoff", "maxAttempts: 3",
         "{backoff: 10s, maxBackoff: 5s}",
         "26: spec.steps.train.retry.maxBackoff: is 5s, shorter than backoff, "
         "which is 10s"},
        {"BackoffAboveTheDefaultMaxBackoff", "maxAttempts: 3", "backoff: 2m",
         "25: spec.steps.train.retry.maxBackoff: is 1m unless set, shorter "
         "than backoff, which is 2m"},
        {"MaxBackoffBelowTheDefault", "maxAttempts: 3", "maxBackoff: 10ms",
         "26: spec.steps.train.retry.maxBackoff: is 10ms, shorter than "
         "backoff, which is 1s unless set"},
        {"UnknownRetryField", "maxAttempts: 3", "max_attempts: 3",
         "26: spec.steps.train.retry.max_attempts: unknown field; did you mean "
         "\"maxAttempts\"?"},
        {"TotalTimeoutOfZero", "timeout: 10m", "totalTimeout: 0s",
         "24: spec.steps.train.totalTimeout: must be longer than 0s, not 0s"},
        {"NoConcurrentRuns", "timeout: 1h", "maxConcurrentRuns: 0",
         "6: spec.maxConcurrentRuns: must be 1 or more, not 0; leave it out "
         "for no limit"},
        {"CacheThatIsNoTruthValue", "timeout: 10m", "cache: often",
         "24: spec.steps.train.cache: must be true or false, not \"often\""},
        {"CacheWithUnknownField", "timeout: 10m", "cache: {maxage: 1h}",
         "24: spec.steps.train.cache.maxage: unknown field; did you mean "
         "\"maxAge\"?"},
    }),
    [](const auto& bad) { return bad.param.name; });

TEST(ParsePipelineTest, TheGoodPipelineIsGood) {
  EXPECT_OK(ParsePipeline(kGood, "p.yaml"));
}

TEST(ParsePipelineTest, TellsEveryProblemInTheOrderOfLines) {
  const std::string yaml =
      absl::StrReplaceAll(kGood, {{"maxAttempts: 3", "maxAttempts: 0"},
                                  {"timeout: 1h", "timeout: soon"},
                                  {"type: table", "type: tabel"},
                                  {"kind: Pipeline", "kind: Job"}});
  const auto pipeline = ParsePipeline(yaml, "p.yaml");
  ASSERT_THAT(pipeline, StatusIs(absl::StatusCode::kInvalidArgument));
  const std::vector<std::string> lines = LinesOf(pipeline.status());
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[0], StartsWith("p.yaml:2: kind: "));
  EXPECT_THAT(lines[1], StartsWith("p.yaml:6: spec.timeout: "));
  EXPECT_THAT(lines[2], StartsWith("p.yaml:13: spec.inputs.source.type: "));
  EXPECT_THAT(lines[3],
              StartsWith("p.yaml:26: spec.steps.train.retry.maxAttempts: "));
}

TEST(ParsePipelineTest, TellsNoMoreThanAHundredProblems) {
  std::string yaml(kGood);
  for (int i = 0; i < 500; ++i) absl::StrAppend(&yaml, "unknown", i, ": 1\n");
  const auto pipeline = ParsePipeline(yaml, "p.yaml");
  ASSERT_THAT(pipeline, StatusIs(absl::StatusCode::kInvalidArgument,
                                 EndsWith("\n… and perhaps more")));
  EXPECT_THAT(LinesOf(pipeline.status()), SizeIs(101));
}

TEST(ParsePipelineTest, MessagesDoWithoutAFileName) {
  EXPECT_THAT(ParsePipeline("kind: Job", ""),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("1: kind: must be Pipeline")));
}

TEST(ParsePipelineTest, AnEmptyTextIsRefused) {
  EXPECT_THAT(ParsePipeline("", "p.yaml"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "p.yaml:1: the text is empty"));
  EXPECT_THAT(ParsePipeline("# nothing\n", "p.yaml"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "p.yaml:1: the text is empty"));
}

TEST(ParsePipelineTest, AliasesAreRefusedBeforeTheyCanMultiply) {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [*a", i - 1, ", *a", i - 1,
                    "]\n");
  }
  EXPECT_THAT(ParsePipeline(bomb, "p.yaml"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "p.yaml:1: anchors (&a0) are not allowed"));
}

TEST(ParsePipelineTest, DeepNestingIsRefused) {
  EXPECT_THAT(ParsePipeline(absl::StrCat("a: ", std::string(17, '['),
                                         std::string(17, ']')),
                            "p.yaml"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "p.yaml:1: nested more than 16 deep"));
  EXPECT_THAT(ParsePipeline(std::string(500'000, '['), "p.yaml"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ParsePipelineTest, MoreThanAMebibyteIsRefused) {
  const std::string large = absl::StrCat(kGood, "#", std::string(1 << 20, 'x'));
  EXPECT_THAT(ParsePipeline(large, "p.yaml"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("bytes; it may have 1048576")));
}

}  // namespace
}  // namespace stagecoach
