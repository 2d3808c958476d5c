#include "orchestrator/cli/app.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/app_fixture.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "services/common/base/sha256.h"

namespace stagecoach {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST_F(AppTest, EveryVerbHasHelpWithASentenceAndAnExample) {
  for (const std::string verb : {"up",
                                 "down",
                                 "run",
                                 "runs",
                                 "runs list",
                                 "runs compare",
                                 "runs explain",
                                 "get",
                                 "watch",
                                 "logs",
                                 "forecast",
                                 "trace",
                                 "cancel",
                                 "pause",
                                 "resume",
                                 "retry",
                                 "delete",
                                 "stages",
                                 "pipelines",
                                 "pipelines list",
                                 "pipelines show",
                                 "pipelines validate",
                                 "pipelines diff",
                                 "pipelines apply",
                                 "artifacts",
                                 "artifacts list",
                                 "artifacts show",
                                 "artifacts pull",
                                 "artifacts push",
                                 "artifacts verify",
                                 "artifacts lineage",
                                 "artifacts pin",
                                 "artifacts unpin",
                                 "gc",
                                 "config",
                                 "version",
                                 "completion"}) {
    EXPECT_EQ(Run(verb + " --help"), 0) << verb;
    EXPECT_THAT(console_.out, HasSubstr("Example")) << verb;
    EXPECT_THAT(console_.out, HasSubstr("\n  stagecoach " + verb)) << verb;
    const std::string sentence =
        console_.out.substr(0, console_.out.find('\n'));
    EXPECT_THAT(sentence, EndsWith(".")) << verb;
    EXPECT_LE(sentence.size(), 70u) << verb;
    EXPECT_EQ(console_.err, "") << verb;
  }
}

TEST_F(AppTest, HelpStaysWithin80Columns) {
  for (const std::string verb :
       {"", "up", "run", "runs", "pipelines show", "artifacts pull", "watch"}) {
    Run(verb + " --help");
    for (const absl::string_view line : absl::StrSplit(console_.out, '\n')) {
      EXPECT_LE(line.size(), 80u) << verb << ": " << line;
    }
  }
}

TEST_F(AppTest, RootHelpTellsTheExitCodes) {
  EXPECT_EQ(Run("--help"), 0);
  EXPECT_THAT(console_.out,
              AllOf(HasSubstr("Exit codes: 0 done; 1 the run or"),
                    HasSubstr("3 the orchestrator was not reached")));
}

TEST_F(AppTest, NothingToDoIsAUsageErrorWithHelp) {
  EXPECT_EQ(Run(""), 2);
  EXPECT_EQ(console_.out, "");
  EXPECT_THAT(console_.err, HasSubstr("Runs:"));
}

TEST_F(AppTest, TyposGetTheNearestVerbOrFlag) {
  EXPECT_EQ(Run("rnu airline"), 2);
  EXPECT_EQ(console_.err,
            "stagecoach: unknown verb 'rnu'; did you mean \"run\"?; see "
            "'stagecoach --help'\n");
  EXPECT_EQ(Run("compare a b"), 2);
  EXPECT_THAT(console_.err,
              HasSubstr("did you mean \"stagecoach runs compare\"?"));
  EXPECT_EQ(Run("runs get airline-abc"), 2);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"stagecoach get\"?"));
  EXPECT_EQ(Run("status"), 2);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"stagecoach get\"?"));
  EXPECT_EQ(Run("run airline epochs=7"), 2);
  EXPECT_THAT(console_.err, HasSubstr("did you mean --set epochs=7?"));
  EXPECT_EQ(Run("run airline --epochs 7"), 2);
  EXPECT_THAT(console_.err, HasSubstr("is given as --set epochs=VALUE"));
  EXPECT_EQ(Run("pipelines shw airline"), 2);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"show\"?"));
  EXPECT_EQ(Run("run airline --detahc"), 2);
  EXPECT_THAT(console_.err,
              HasSubstr("unknown flag --detahc; did you mean --detach?"));
  EXPECT_EQ(Run("get --sever x:1"), 2);
  EXPECT_THAT(console_.err, HasSubstr("did you mean --server?"));
  EXPECT_EQ(Run("runs --state failled"), 2);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"failed\"?"));
}

TEST_F(AppTest, WrongFlagValuesAreUsageErrorsNamingTheFlag) {
  EXPECT_EQ(Run("runs --limit none"), 2);
  EXPECT_THAT(console_.err, HasSubstr("--limit: 'none' must be a whole number "
                                      "from 1 to 100000"));
  EXPECT_EQ(Run("runs --timeout soon"), 2);
  EXPECT_THAT(console_.err, HasSubstr("--timeout: 'soon' must be a duration"));
  EXPECT_EQ(Run("runs -o xml"), 2);
  EXPECT_THAT(console_.err, HasSubstr("'xml' is not allowed; known are table, "
                                      "json, yaml"));
  EXPECT_EQ(Run("get one two"), 2);
  EXPECT_THAT(console_.err, HasSubstr("unexpected argument 'two'"));
}

TEST_F(AppTest, AnOrchestratorThatIsNotThereIsExitCode3) {
  reachable_ = false;
  for (const char* words : {"run airline", "get", "runs", "watch", "stages",
                            "pipelines", "artifacts list", "cancel x"}) {
    EXPECT_EQ(Run(words), 3) << words;
    EXPECT_EQ(console_.out, "") << words;
    EXPECT_THAT(console_.err,
                HasSubstr(": nobody there; start one with 'stagecoach up'"))
        << words;
  }
}

TEST_F(AppTest, RunShowsProgressOnOneStreamAndResultsOnTheOther) {
  ScriptSuccess();
  client_.files[UriOf(0)] = SampleTensorFile("train", {2}, {112, 118});
  client_.files[UriOf(2)] =
      R"({"evaluations": [{"epoch": 0, "rmse_train": 233.1}]})";
  EXPECT_EQ(Run("run airline --set epochs=7"), 0);
  EXPECT_THAT(console_.err,
              AllOf(StartsWith("run airline-abc of pipeline airline\n"),
                    HasSubstr("train epoch 10/100  loss 34211"),
                    Not(HasSubstr("\x1b"))));
  EXPECT_THAT(console_.out,
              AllOf(HasSubstr("112 118"), HasSubstr("RMSE per evaluation"),
                    HasSubstr("233.1"), HasSubstr("trigger to forecast")));
  ASSERT_EQ(client_.run_requests.size(), 1u);
  const v1::RunRequest& request = client_.run_requests.front();
  EXPECT_EQ(request.pipeline(), "airline");
  EXPECT_EQ(request.parameters().at("epochs").integer_value(), 7);
  EXPECT_THAT(request.idempotency_key(), StartsWith("cli-"));
}

TEST_F(AppTest, RunDrawsInPlaceOnATerminal) {
  console_.err_size = {80, 24};
  ScriptSuccess();
  EXPECT_EQ(Run("run airline"), 0);
  EXPECT_THAT(console_.err, AllOf(StartsWith("\x1b[?25l"), HasSubstr("\x1b[5A"),
                                  EndsWith("\x1b[?25h")));
}

TEST_F(AppTest, RunAsJsonPrintsTheRunAloneOnStandardOutput) {
  ScriptSuccess();
  EXPECT_EQ(Run("run airline -o json"), 0);
  const json run = json::parse(console_.out);
  EXPECT_EQ(run["id"], "airline-abc");
  EXPECT_EQ(run["state"], "RUN_STATE_SUCCEEDED");
  EXPECT_EQ(run["pipeline_name"], "airline");
}

TEST_F(AppTest, ARunThatFailsIsExitCode1WithItsReason) {
  client_.scripts = {{FeedCreated{SampleRun()}, FeedEnded{SampleFailedRun()}}};
  EXPECT_EQ(Run("run airline"), 1);
  EXPECT_THAT(console_.out, HasSubstr("loss is not finite at epoch 7"));
}

TEST_F(AppTest, RunChecksParametersAndInputsBeforeItSendsThem) {
  EXPECT_EQ(Run("run airline --set epoch=7"), 2);
  EXPECT_THAT(console_.err, HasSubstr("has no parameter 'epoch'; did you mean "
                                      "\"epochs\"?"));
  EXPECT_EQ(Run("run airline --set epochs=0"), 2);
  EXPECT_THAT(console_.err, HasSubstr("at least 1"));
  EXPECT_EQ(Run("run airline --input sorce=pvc://a/b"), 2);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"source\"?"));
  EXPECT_THAT(client_.run_requests, IsEmpty());
}

TEST_F(AppTest, AnUnknownPipelineGetsTheNearestName) {
  EXPECT_EQ(Run("run airlne"), 1);
  EXPECT_EQ(console_.err,
            "stagecoach run: there is no pipeline 'airlne'; did you mean "
            "\"airline\"? [NOT_FOUND]\n");
}

TEST_F(AppTest, DetachPrintsTheIdAndHowToGoOn) {
  EXPECT_EQ(Run("run airline --detach"), 0);
  EXPECT_EQ(console_.out, "airline-abc\n");
  EXPECT_THAT(console_.err, HasSubstr("stagecoach watch airline-abc"));
}

TEST_F(AppTest, CtrlCLetsGoOfTheRunAndSaysHowToComeBack) {
  interrupted_ = true;
  client_.runs.front().set_state(v1::RUN_STATE_RUNNING);
  EXPECT_EQ(Run("--server h:1 watch airline-abc"), 130);
  EXPECT_THAT(console_.err,
              AllOf(HasSubstr("run airline-abc goes on by itself"),
                    HasSubstr("stagecoach --server h:1 watch airline-abc"),
                    HasSubstr("stagecoach --server h:1 cancel airline-abc")));
  EXPECT_THAT(client_.cancelled, IsEmpty());
}

TEST_F(AppTest, CtrlCBeforeTheRunExistsSaysSo) {
  interrupted_ = true;
  client_.scripts = {{FeedIdle{}}};
  EXPECT_EQ(Run("run airline"), 130);
  EXPECT_THAT(console_.err, HasSubstr("before the run was created"));
}

TEST_F(AppTest, WatchAsJsonPrintsAnEventALine) {
  client_.scripts.emplace_back();
  for (const v1::RunEvent& event : SampleEvents()) {
    client_.scripts.front().push_back(event);
  }
  EXPECT_EQ(Run("watch airline-abc -o json"), 0);
  const std::vector<std::string> lines =
      absl::StrSplit(console_.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), SampleEvents().size());
  EXPECT_EQ(json::parse(lines[0])["run"]["state"], "RUN_STATE_RUNNING");
}

TEST_F(AppTest, GetTakesTheNewestRunIfNoneIsNamed) {
  EXPECT_EQ(Run("get"), 0);
  EXPECT_THAT(console_.out, HasSubstr("airline-abc"));
  EXPECT_EQ(Run("get -o json"), 0);
  EXPECT_EQ(json::parse(console_.out)["id"], "airline-abc");
}

TEST_F(AppTest, AnUnknownRunGetsTheNearestId) {
  EXPECT_EQ(Run("get airline-abd"), 1);
  EXPECT_EQ(console_.err,
            "stagecoach get: there is no run 'airline-abd'; did you mean "
            "\"airline-abc\"? [NOT_FOUND]\n");
  EXPECT_EQ(Run("cancel airlineabc"), 1);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"airline-abc\"?"));
}

TEST_F(AppTest, RunsReadsPagesUpToTheLimit) {
  client_.runs.assign(1500, SampleSucceededRun());
  EXPECT_EQ(Run("runs --limit 1200 -o json --state failed --pipeline p"), 0);
  EXPECT_EQ(json::parse(console_.out)["runs"].size(), 1200u);
  ASSERT_EQ(client_.list_requests.size(), 2u);
  EXPECT_EQ(client_.list_requests[1].page_size(), 200);
  EXPECT_EQ(client_.list_requests[1].state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(client_.list_requests[1].pipeline(), "p");
}

TEST_F(AppTest, RunsSaysWhenThereAreNoneOrMore) {
  client_.runs.assign(30, SampleSucceededRun());
  EXPECT_EQ(Run("runs"), 0);
  EXPECT_THAT(console_.err, HasSubstr("there are more"));
  client_.runs.clear();
  EXPECT_EQ(Run("runs"), 0);
  EXPECT_EQ(console_.out, "");
  EXPECT_NE(console_.err, "");
}

TEST_F(AppTest, CancelRetryAndDeleteNameTheirRun) {
  EXPECT_EQ(Run("cancel airline-abc --reason late"), 0);
  EXPECT_EQ(console_.out, "airline-abc stopping\n");
  EXPECT_EQ(Run("retry airline-abc --detach"), 0);
  EXPECT_EQ(Run("delete airline-abc"), 0);
  EXPECT_THAT(client_.cancelled, ElementsAre("airline-abc"));
  EXPECT_THAT(client_.retried, ElementsAre("airline-abc"));
  EXPECT_THAT(client_.deleted, ElementsAre("airline-abc"));
  EXPECT_EQ(Run("cancel"), 2);
}

TEST_F(AppTest, StagesListsOrShowsOne) {
  client_.stages.emplace_back().set_name("train");
  EXPECT_EQ(Run("stages"), 0);
  EXPECT_THAT(console_.out, HasSubstr("train"));
  EXPECT_EQ(Run("stages list"), 0);
  EXPECT_EQ(Run("stages show train"), 0);
  EXPECT_EQ(Run("stages train"), 0);
  EXPECT_EQ(Run("stages show trian"), 1);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"train\"?"));
}

TEST_F(AppTest, PipelinesAreListedShownCheckedAndApplied) {
  EXPECT_EQ(Run("pipelines"), 0);
  EXPECT_THAT(console_.out, HasSubstr("airline"));
  EXPECT_EQ(Run("pipelines show airline --yaml"), 0);
  EXPECT_EQ(console_.out, "kind: Pipeline\n");
  Write("a.yaml", "kind: Pipeline\n");
  EXPECT_EQ(Run("pipelines validate a.yaml"), 0);
  EXPECT_EQ(console_.out, "applied is valid\n");
  EXPECT_EQ(Run("pipelines apply a.yaml"), 0);
  EXPECT_EQ(console_.out, "applied version 1 is new\n");
  ASSERT_EQ(client_.apply_requests.size(), 2u);
  EXPECT_TRUE(client_.apply_requests[0].validate_only());
  EXPECT_EQ(client_.apply_requests[1].yaml(), "kind: Pipeline\n");
  EXPECT_EQ(client_.apply_requests[1].file_name(), "a.yaml");
}

TEST_F(AppTest, EveryFileWithProblemsIsToldOf) {
  Write("a.yaml", "a");
  Write("b.yaml", "b");
  client_.apply_status = absl::InvalidArgumentError("a.yaml:1: no name");
  EXPECT_EQ(Run("pipelines validate a.yaml b.yaml"), 1);
  EXPECT_EQ(client_.apply_requests.size(), 2u);
  EXPECT_EQ(console_.err, "a.yaml:1: no name\na.yaml:1: no name\n");
  EXPECT_EQ(Run("pipelines apply none.yaml"), 1);
  EXPECT_THAT(console_.err, HasSubstr("none.yaml"));
}

TEST_F(AppTest, ArtifactsAreListedAndShownWithTheirValues) {
  client_.files[UriOf(3)] = SampleTensorFile("y_forecast", {1, 1}, {52.13f});
  EXPECT_EQ(Run("artifacts"), 0);
  EXPECT_THAT(console_.out, HasSubstr("y_forecast"));
  EXPECT_EQ(Run("artifacts list airline-abc --step load"), 0);
  EXPECT_THAT(console_.out, Not(HasSubstr("y_forecast")));
  EXPECT_EQ(Run("artifacts show airline-abc y_forecast"), 0);
  EXPECT_THAT(console_.out, HasSubstr("52.13"));
  EXPECT_EQ(Run("artifacts show airline-abc y_forcast"), 1);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"y_forecast\"?"));
  EXPECT_EQ(Run("artifacts show airline-abc"), 2);
}

TEST_F(AppTest, PullWritesAFileOnlyIfItsDigestIsRight) {
  const std::string bytes = SampleTensorFile("y", {1, 1}, {52.13f});
  const std::string uri = UriOf(3);
  client_.files[uri] = bytes;
  const std::string file = folder_ + "/y_forecast.safetensors";
  EXPECT_EQ(Run("artifacts pull airline-abc y_forecast"), 1);
  EXPECT_THAT(console_.err, HasSubstr("[DATA_LOSS]"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));

  v1::Artifact& artifact =
      *client_.runs.front().mutable_steps(3)->mutable_outputs(0);
  artifact.set_sha256(Sha256Hex(bytes));
  artifact.set_size_bytes(static_cast<int64_t>(bytes.size()));
  EXPECT_EQ(Run("artifacts pull airline-abc y_forecast"), 0);
  EXPECT_EQ(std::filesystem::file_size(file), bytes.size());
  EXPECT_EQ(Run("artifacts pull " + uri), 1);
  EXPECT_THAT(console_.err, HasSubstr("is there already"));
  EXPECT_EQ(Run("artifacts pull --force " + uri), 0);
}

TEST_F(AppTest, VersionIsToldToPeopleAndPrograms) {
  EXPECT_EQ(Run("version"), 0);
  EXPECT_THAT(console_.out, StartsWith("stagecoach 0."));
  EXPECT_EQ(Run("version -o json"), 0);
  EXPECT_FALSE(json::parse(console_.out)["build_id"].empty());
}

}  // namespace
}  // namespace stagecoach
