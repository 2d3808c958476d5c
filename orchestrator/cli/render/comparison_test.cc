#include "orchestrator/cli/render/comparison.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

absl::Time Now() { return SampleStart() + absl::Minutes(5); }

// A run of the sample pipeline with `epochs`, a loss and an input.
v1::Run SampleWith(const std::string& id, int64_t epochs, double loss) {
  v1::Run run = SampleSucceededRun();
  run.set_id(id);
  (*run.mutable_parameters())["epochs"] = IntegerValue(epochs);
  (*run.mutable_parameters())["column"] = StringValue("Passengers");
  (*run.mutable_inputs())["source"].set_uri("pvc://artifacts/data/a.csv");
  v1::Attempt& attempt = *run.mutable_steps(2)->mutable_attempts(0);
  (*attempt.mutable_metrics())["loss"] = loss;
  return run;
}

std::string Compare(const std::vector<v1::Run>& runs, bool only_differences) {
  return RenderComparison(CompareRuns(runs, {}, Now()), only_differences, {});
}

TEST(ComparisonTest, ShowsWhatDiffersAndByHowMuch) {
  const std::vector<v1::Run> runs = {SampleWith("a-1", 100, 200),
                                     SampleWith("a-2", 200, 150)};
  const std::string text = Compare(runs, false);
  EXPECT_THAT(text, HasSubstr("PARAMETERS  a-1         a-2\n"
                              "column      Passengers  Passengers  same\n"
                              "epochs      100         200         "
                              "+100 (+100 %)\n"));
  EXPECT_THAT(text, HasSubstr("METRICS     a-1  a-2\n"
                              "train.loss  200  150  -50 (-25 %)\n"));
  EXPECT_THAT(text, HasSubstr("source  pvc://artifacts/data/a.csv  "
                              "pvc://artifacts/data/a.csv  same\n"));
}

TEST(ComparisonTest, LeavesOutWhatIsTheSameIfAsked) {
  const std::vector<v1::Run> runs = {SampleWith("a-1", 100, 200),
                                     SampleWith("a-2", 200, 200)};
  EXPECT_EQ(Compare(runs, true),
            "PARAMETERS  a-1  a-2\nepochs      100  200  +100 (+100 %)\n");
  EXPECT_EQ(Compare({runs[0], runs[0]}, true), "");
}

TEST(ComparisonTest, WhatOnlyOneRunHasIsADash) {
  v1::Run failed = SampleWith("a-2", 100, 200);
  failed.clear_outputs();
  EXPECT_THAT(Compare({SampleWith("a-1", 100, 200), failed}, true),
              AllOf(HasSubstr("OUTPUTS     a-1                  a-2\n"
                              "y_forecast  [1, 1] F32, 1.2 KiB  -"),
                    Not(HasSubstr("epochs"))));
}

TEST(ComparisonTest, OutputsAreTheSameIfTheirBytesAre) {
  v1::Run other = SampleWith("a-2", 100, 200);
  v1::Artifact& output = (*other.mutable_outputs())["y_forecast"];
  output.set_uri("pvc://artifacts/elsewhere");
  const std::vector<v1::Run> runs = {SampleWith("a-1", 100, 200), other};
  EXPECT_EQ(Compare(runs, true), "");
  (*other.mutable_outputs())["y_forecast"].set_sha256(std::string(64, 'b'));
  EXPECT_THAT(Compare({runs[0], other}, true), HasSubstr("y_forecast"));
}

TEST(ComparisonTest, TakesMoreThanTwo) {
  const std::string text =
      Compare({SampleWith("a-1", 1, 3), SampleWith("a-2", 1, 2),
               SampleWith("a-3", 1, 1)},
              true);
  EXPECT_EQ(text, "METRICS     a-1  a-2  a-3\ntrain.loss  3    2    1\n");
}

}  // namespace
}  // namespace stagecoach
