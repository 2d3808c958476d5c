#include "orchestrator/cli/complete.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/app_fixture.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class CompleteTest : public AppTest {
 protected:
  // What is offered, as the shells' scripts get it. A `_` at the end of
  // `words` stands for a word of which nothing has been typed.
  std::string Offered(std::string words) {
    std::vector<std::string> arguments =
        absl::StrSplit("__complete " + words, ' ', absl::SkipEmpty());
    if (arguments.back() == "_") arguments.back().clear();
    EXPECT_EQ(RunArguments(arguments), 0);
    EXPECT_EQ(console_.err, "");
    return console_.out;
  }
};

TEST_F(CompleteTest, OffersVerbsWithTheirMeaning) {
  EXPECT_THAT(Offered("_"),
              AllOf(HasSubstr("up\tStart a cluster on this machine.\n"),
                    HasSubstr("runs\t"), Not(HasSubstr("__complete"))));
  EXPECT_EQ(Offered("pip"),
            "pipelines\tList, show, check, compare and change pipelines.\n");
  EXPECT_THAT(Offered("pipelines sh"), StartsWith("show\t"));
}

TEST_F(CompleteTest, OffersFlagsOfTheVerbAndOfAll) {
  EXPECT_THAT(Offered("run airline --"),
              AllOf(HasSubstr("--set\t"), HasSubstr("--server\t")));
  EXPECT_THAT(Offered("runs --si"), StartsWith("--since\t"));
}

TEST_F(CompleteTest, OffersTheWordsOfAFlag) {
  EXPECT_EQ(Offered("runs -o _"), "table\njson\nyaml\n");
  EXPECT_EQ(Offered("runs --output j"), "json\n");
  EXPECT_EQ(Offered("runs --output=j"), "--output=json\n");
  EXPECT_EQ(Offered("runs --output = j"), "json\n");
  EXPECT_EQ(Offered("runs --state fa"), "failed\n");
  EXPECT_EQ(Offered("completion z"), "zsh\n");
}

TEST_F(CompleteTest, OffersNamesThatTheOrchestratorKnows) {
  EXPECT_EQ(Offered("run _"), "airline\tForecasts airline passengers.\n");
  EXPECT_THAT(Offered("get air"), StartsWith("airline-abc\tsucceeded "));
  EXPECT_THAT(Offered("runs compare airline-abc _"), StartsWith("airline-abc"));
  EXPECT_EQ(Offered("logs airline-abc tr"), "train\tsucceeded\n");
  EXPECT_EQ(Offered("artifacts show airline-abc y_"),
            "y_forecast\tforecast, [1, 1] F32\n");
  EXPECT_EQ(Offered("runs --pipeline _"),
            "airline\tForecasts airline passengers.\n");
}

TEST_F(CompleteTest, OffersParametersAndInputsOfThePipeline) {
  EXPECT_EQ(Offered("run airline --set ep"),
            "epochs=\ta whole number, at least 1\n");
  EXPECT_EQ(Offered("run airline --set=ep"),
            "--set=epochs=\ta whole number, at least 1\n");
  EXPECT_EQ(Offered("run airline --input _"), "source=\n");
  EXPECT_EQ(Offered("run airline --input source=./m"), ":files\n");
}

TEST_F(CompleteTest, LeavesFilesToTheShell) {
  EXPECT_EQ(Offered("pipelines apply _"), ":files\n");
  EXPECT_EQ(Offered("trace airline-abc -o _"), ":files\n");
}

TEST_F(CompleteTest, IsSilentWithoutAnOrchestrator) {
  reachable_ = false;
  EXPECT_EQ(Offered("get _"), "");
  EXPECT_EQ(Offered("no such verb _"), "");
}

TEST_F(CompleteTest, EveryShellHasAScriptThatAsksTheProgram) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(Run(std::string("completion ") + shell), 0);
    EXPECT_THAT(console_.out, HasSubstr("stagecoach __complete"));
  }
  EXPECT_EQ(Run("completion powershell"), 2);
  EXPECT_EQ(Run("completion"), 2);
}

}  // namespace
}  // namespace stagecoach
