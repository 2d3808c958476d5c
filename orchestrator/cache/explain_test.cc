#include "orchestrator/cache/explain.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using Parts = std::map<std::string, std::string>;

// A step `train` with a key of `parts`, done at `second`.
v1::Step Step(const Parts& parts, int second,
              v1::CacheOutcome outcome = v1::CACHE_OUTCOME_MISS) {
  v1::Step step;
  step.set_name("train");
  step.mutable_cache()->set_outcome(outcome);
  step.mutable_cache()->mutable_key_parts()->insert(parts.begin(), parts.end());
  step.mutable_state_time()->set_seconds(second);
  step.mutable_ready_time()->set_seconds(second);
  return step;
}

const Parts kHere = {{"stage", "train"}, {"build_id", "b2"}, {"input.X", "d"}};

TEST(ExplainTest, NamesTheStepThatDiffersLeastAndHow) {
  const std::vector<CachedStep> others = {
      {"far", Step({{"stage", "train"}, {"build_id", "b1"}}, 3)},
      {"near",
       Step({{"stage", "train"}, {"build_id", "b1"}, {"input.X", "d"}}, 2)}};
  const v1::StepExplanation explanation =
      ExplainStep("r", Step(kHere, 10), others);
  EXPECT_EQ(explanation.step(), "train");
  EXPECT_EQ(explanation.lookup().outcome(), v1::CACHE_OUTCOME_MISS);
  EXPECT_EQ(explanation.nearest(), "near/train");
  ASSERT_THAT(explanation.differences(), SizeIs(1));
  EXPECT_EQ(explanation.differences(0).part(), "build_id");
  EXPECT_EQ(explanation.differences(0).here(), "b2");
  EXPECT_EQ(explanation.differences(0).nearest(), "b1");
}

TEST(ExplainTest, APartThatIsNotThereIsEmpty) {
  const v1::StepExplanation explanation =
      ExplainStep("r", Step(kHere, 10),
                  {{"a", Step({{"stage", "train"}, {"build_id", "b2"}}, 2)}});
  ASSERT_THAT(explanation.differences(), SizeIs(1));
  EXPECT_EQ(explanation.differences(0).part(), "input.X");
  EXPECT_EQ(explanation.differences(0).nearest(), "");
}

TEST(ExplainTest, NeitherItselfNorALaterStepIsNearest) {
  const v1::StepExplanation explanation =
      ExplainStep("r", Step(kHere, 10),
                  {{"later", Step(kHere, 11)}, {"r", Step(kHere, 10)}});
  EXPECT_EQ(explanation.nearest(), "");
  EXPECT_THAT(explanation.differences(), IsEmpty());
}

TEST(ExplainTest, AHitNeedsNoComparison) {
  const v1::StepExplanation explanation =
      ExplainStep("r", Step(kHere, 10, v1::CACHE_OUTCOME_HIT),
                  {{"a", Step({{"stage", "train"}}, 2)}});
  EXPECT_EQ(explanation.nearest(), "");
}

}  // namespace
}  // namespace stagecoach
