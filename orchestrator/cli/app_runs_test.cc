// The verbs about runs that there are.

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/app_fixture.h"
#include "orchestrator/cli/testing/text_proto.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using AppRunsTest = AppTest;

TEST_F(AppRunsTest, RunsAreFilteredByTime) {
  EXPECT_EQ(Run("runs --since 2h --until 30m"), 0);
  ASSERT_EQ(client_.list_requests.size(), 1u);
  const v1::ListRunsRequest& request = client_.list_requests.front();
  EXPECT_EQ(FromTimestamp(request.created_after()),
            clock_.Now() - absl::Hours(2));
  EXPECT_EQ(FromTimestamp(request.created_before()),
            clock_.Now() - absl::Minutes(30));
  EXPECT_EQ(Run("runs list --since 2023-11-14"), 0);
  EXPECT_EQ(FromTimestamp(client_.list_requests[1].created_after()),
            absl::FromUnixSeconds(1'699'920'000));
}

TEST_F(AppRunsTest, TimesThatMakeNoSenseAreUsageErrors) {
  EXPECT_EQ(Run("runs --since soon"), 2);
  EXPECT_THAT(console_.err, HasSubstr("--since: 'soon' must be how long ago"));
  EXPECT_EQ(Run("runs --since 1h --until 2h"), 2);
  EXPECT_THAT(console_.err, HasSubstr("--since must be before --until"));
  EXPECT_THAT(client_.list_requests, IsEmpty());
}

TEST_F(AppRunsTest, ResultsAreYamlIfAsked) {
  EXPECT_EQ(Run("runs -o yaml"), 0);
  EXPECT_THAT(console_.out, StartsWith("runs:\n  - id: airline-abc\n"
                                       "    state: RUN_STATE_SUCCEEDED\n"));
  EXPECT_EQ(Run("get --output=yaml"), 0);
  EXPECT_THAT(console_.out, HasSubstr("\npipeline_name: airline\n"));
}

TEST_F(AppRunsTest, WatchAsYamlPrintsADocumentAnEvent) {
  client_.scripts.emplace_back();
  for (const v1::RunEvent& event : SampleEvents()) {
    client_.scripts.front().push_back(event);
  }
  EXPECT_EQ(Run("watch airline-abc -o yaml"), 0);
  EXPECT_THAT(console_.out, StartsWith("---\ncursor: \"1\"\n"));
}

TEST_F(AppRunsTest, TwoRunsAreComparedSideBySide) {
  client_.runs.push_back(SampleSucceededRun());
  client_.runs[1].set_id("airline-old");
  (*client_.runs[0].mutable_parameters())["epochs"].set_integer_value(200);
  (*client_.runs[1].mutable_parameters())["epochs"].set_integer_value(100);
  client_.files[UriOf(3)] = SampleTensorFile("y_forecast", {1, 1}, {52.13F});
  EXPECT_EQ(Run("runs compare airline-old airline-abc"), 0);
  EXPECT_THAT(console_.out,
              AllOf(HasSubstr("PARAMETERS  airline-old  airline-abc\n"
                              "epochs      100          200          +100"),
                    HasSubstr("y_forecast  52.13")));
  EXPECT_EQ(Run("runs compare airline-old airline-abc -o json"), 0);
  const json document = json::parse(console_.out);
  EXPECT_EQ(document["parameters"]["epochs"]["values"], json({"100", "200"}));
  EXPECT_EQ(document["parameters"]["epochs"]["same"], false);
}

TEST_F(AppRunsTest, AFileIsComparedWithThePipelineThatIsStored) {
  Write("same.yaml", "kind: Pipeline\n");
  client_.pipelines.front().set_name("applied");
  EXPECT_EQ(Run("pipelines diff same.yaml"), 0);
  EXPECT_EQ(console_.out, "");
  EXPECT_THAT(console_.err, HasSubstr("is the same as version 3"));
  client_.pipelines.front().set_digest("another");
  Write("other.yaml", "kind: Pipeline\nspec: {}\n");
  EXPECT_EQ(Run("pipelines diff other.yaml"), 1);
  EXPECT_EQ(console_.out,
            "--- applied version 3\n+++ other.yaml\n"
            "@@ -1,1 +1,2 @@\n kind: Pipeline\n+spec: {}\n");
  EXPECT_EQ(console_.err, "");
}

TEST_F(AppRunsTest, CompareWantsAtLeastTwoRuns) {
  EXPECT_EQ(Run("runs compare airline-abc"), 2);
  EXPECT_EQ(Run("runs compare airline-abc airline-abd"), 1);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"airline-abc\"?"));
}

TEST_F(AppRunsTest, ExplainSaysWhyAStepMissed) {
  client_.explanation = FromText<v1::ExplainRunResponse>(R"pb(
    steps {
      step: "train"
      lookup { outcome: CACHE_OUTCOME_MISS key: "k" }
      nearest: "airline-old/train"
      differences { part: "parameter.epochs" here: "200" nearest: "100" }
    })pb");
  EXPECT_EQ(Run("runs explain"), 0);
  EXPECT_THAT(console_.out, AllOf(HasSubstr("train  miss"),
                                  HasSubstr("parameter.epochs  200   100")));
  client_.explanation.clear_steps();
  EXPECT_EQ(Run("runs explain airline-abc"), 0);
  EXPECT_THAT(console_.err, HasSubstr("no step of run airline-abc"));
}

TEST_F(AppRunsTest, PauseAndResumeNameTheirRun) {
  EXPECT_EQ(Run("pause airline-abc"), 0);
  EXPECT_EQ(console_.out, "airline-abc paused\n");
  EXPECT_EQ(Run("resume airline-abc"), 0);
  EXPECT_EQ(console_.out, "airline-abc running\n");
  EXPECT_THAT(client_.paused, ElementsAre("airline-abc"));
  EXPECT_THAT(client_.resumed, ElementsAre("airline-abc"));
  EXPECT_EQ(Run("pause airline-abd"), 1);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"airline-abc\"?"));
}

TEST_F(AppRunsTest, SeveralRunsAreDeletedAtOnce) {
  EXPECT_EQ(Run("delete one two"), 0);
  EXPECT_THAT(client_.deleted, ElementsAre("one", "two"));
}

TEST_F(AppRunsTest, GarbageIsOnlyToldOfUnlessItIsMeant) {
  client_.garbage = FromText<v1::CollectGarbageResponse>(R"pb(
    deleted { run_id: "airline-old" size_bytes: 2048 }
    kept { run_id: "airline-xyz" reason: "its artifact weights is pinned" }
    freed_bytes: 2048)pb");
  EXPECT_EQ(Run("gc --keep-last 20 --max-age 7d"), 0);
  ASSERT_EQ(client_.garbage_requests.size(), 1u);
  EXPECT_TRUE(client_.garbage_requests[0].dry_run());
  EXPECT_EQ(client_.garbage_requests[0].policy().keep_last(), 20);
  EXPECT_EQ(client_.garbage_requests[0].policy().max_age().seconds(), 604'800);
  EXPECT_THAT(console_.out,
              AllOf(HasSubstr("would delete 1 run, which frees 2.0 KiB"),
                    HasSubstr("its artifact weights is pinned")));
  EXPECT_THAT(console_.err, HasSubstr("add --yes"));
  EXPECT_EQ(Run("gc --keep-last 20 --yes"), 0);
  EXPECT_FALSE(client_.garbage_requests[1].dry_run());
  EXPECT_THAT(console_.out, HasSubstr("deleted 1 run; freed 2.0 KiB"));
}

TEST_F(AppRunsTest, GarbageNeedsARule) {
  EXPECT_EQ(Run("gc"), 2);
  EXPECT_THAT(console_.err, HasSubstr("say which runs to keep"));
  EXPECT_EQ(Run("gc --keep-last 3 --yes --dry-run"), 2);
  EXPECT_THAT(client_.garbage_requests, IsEmpty());
}

TEST_F(AppRunsTest, LogsOfAllStepsSayWhoseTheyAre) {
  client_.logs["airline-abc/load/1"] = "first line\nsecond line\n";
  client_.logs["airline-abc/train/1"] = "no line end";
  EXPECT_EQ(Run("logs"), 0);
  EXPECT_EQ(console_.out,
            "load     | first line\nload     | second line\n"
            "train    | no line end\n");
  EXPECT_THAT(console_.err, HasSubstr("'prepare' has written no log"));
}

TEST_F(AppRunsTest, LogsOfOneStepAreJustThat) {
  client_.logs["airline-abc/load/1"] = "first \x1b[2Jline\nsecond line\n";
  EXPECT_EQ(Run("logs airline-abc load"), 0);
  EXPECT_EQ(console_.out, "first  [2Jline\nsecond line\n");
  EXPECT_EQ(Run("logs airline-abc load -o json"), 0);
  const std::vector<std::string> lines =
      absl::StrSplit(console_.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(json::parse(lines[1])["line"], "second line");
  EXPECT_EQ(Run("logs airline-abc trian"), 1);
  EXPECT_THAT(console_.err, HasSubstr("did you mean \"train\"?"));
  EXPECT_EQ(Run("logs airline-abc prepare"), 1);
  EXPECT_THAT(console_.err, HasSubstr("has written no log [NOT_FOUND]"));
}

TEST_F(AppRunsTest, ATraceGoesIntoAFile) {
  EXPECT_EQ(Run("trace airline-abc -o trace.json"), 0);
  EXPECT_EQ(console_.out, folder_ + "/trace.json\n");
  EXPECT_THAT(console_.err, HasSubstr("ui.perfetto.dev"));
  std::ifstream file(folder_ + "/trace.json");
  EXPECT_FALSE(json::parse(file)["traceEvents"].empty());
  EXPECT_EQ(Run("trace"), 0);
  EXPECT_EQ(console_.out, folder_ + "/airline-abc.trace.json\n");
  EXPECT_EQ(Run("trace airline-abc --output -"), 0);
  EXPECT_FALSE(json::parse(console_.out)["traceEvents"].empty());
  EXPECT_EQ(Run("trace airline-abc -o /dev/null"), 1);
  EXPECT_THAT(console_.err, HasSubstr("is there, but no file"));
}

TEST_F(AppRunsTest, RetryAsksAgainWhileTheOrchestratorIsAway) {
  client_.calls_away = 2;
  EXPECT_EQ(Run("retry airline-abc --detach"), 0);
  EXPECT_THAT(console_.err, StartsWith("the orchestrator is away"));
  EXPECT_THAT(client_.retried, ElementsAre("airline-abc"));
  EXPECT_THAT(console_.err, Not(HasSubstr("error")));
}

}  // namespace
}  // namespace stagecoach
