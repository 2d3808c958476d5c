#include "orchestrator/cli/render/run_words.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::Eq;
using testing::Optional;

TEST(RunWordsTest, StatesAreWordsInLowerCase) {
  EXPECT_EQ(StateWord(v1::RUN_STATE_SUCCEEDED), "succeeded");
  EXPECT_EQ(StateWord(v1::STEP_STATE_BACKING_OFF), "backing off");
  EXPECT_EQ(StateWord(v1::ATTEMPT_STATE_LOST), "lost");
}

TEST(RunWordsTest, EveryRunStateCanBeNamed) {
  for (const std::string& word : RunStateWords()) {
    const std::optional<v1::RunState> state = ParseRunState(word);
    ASSERT_TRUE(state.has_value()) << word;
    EXPECT_EQ(StateWord(*state), word);
  }
  EXPECT_THAT(ParseRunState("Failed"), Optional(v1::RUN_STATE_FAILED));
  EXPECT_THAT(ParseRunState("unspecified"), Eq(std::nullopt));
  EXPECT_THAT(ParseRunState(""), Eq(std::nullopt));
}

TEST(RunWordsTest, EveryStepStateHasASymbolOfOneColumn) {
  for (int state = 0; state <= v1::STEP_STATE_SKIPPED; ++state) {
    EXPECT_FALSE(StateSymbol(static_cast<v1::StepState>(state)).empty());
  }
}

TEST(RunWordsTest, ErrorsStartWithTheirCode) {
  v1::Error error;
  error.set_code(v1::ERROR_CODE_DATA_LOSS);
  error.set_message("digest\ndiffers");
  EXPECT_EQ(ErrorText(error), "DATA_LOSS: digest differs");
}

}  // namespace
}  // namespace stagecoach
