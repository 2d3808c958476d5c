#include "services/common/base/nearest_name.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::EndsWith;
using testing::Eq;
using testing::Optional;

std::vector<std::string> TrainParameters() {
  return {"hidden_size", "layers",        "epochs",
          "batch_size",  "learning_rate", "seed"};
}

TEST(NearestNameTest, FindsEachKindOfTypingError) {
  EXPECT_THAT(NearestName("epoch", TrainParameters()), Optional(Eq("epochs")));
  EXPECT_THAT(NearestName("epochss", TrainParameters()),
              Optional(Eq("epochs")));
  EXPECT_THAT(NearestName("epocks", TrainParameters()), Optional(Eq("epochs")));
  EXPECT_THAT(NearestName("epcohs", TrainParameters()), Optional(Eq("epochs")));
  EXPECT_THAT(NearestName("batchsize", TrainParameters()),
              Optional(Eq("batch_size")));
}

TEST(NearestNameTest, LooksPastCase) {
  EXPECT_THAT(NearestName("x_train", {"y_train", "X_train"}),
              Optional(Eq("X_train")));
}

TEST(NearestNameTest, SwappedNeighboursCountAsOneError) {
  EXPECT_THAT(NearestName("eltf", {"left"}), Eq(std::nullopt));
  EXPECT_THAT(NearestName("elft", {"left"}), Optional(Eq("left")));
}

TEST(NearestNameTest, PrefersTheFirstOfEquals) {
  EXPECT_THAT(NearestName("tesk", {"test", "task"}), Optional(Eq("test")));
}

TEST(NearestNameTest, GivesNothingWhenNothingIsNear) {
  EXPECT_THAT(NearestName("dropout", TrainParameters()), Eq(std::nullopt));
  EXPECT_THAT(NearestName("", TrainParameters()), Eq(std::nullopt));
  EXPECT_THAT(NearestName("x", {"y"}), Eq(std::nullopt));
  EXPECT_THAT(NearestName("seed", {}), Eq(std::nullopt));
}

TEST(NearestNameTest, GivesUpOnAbsurdlyLongNames) {
  const std::string name(100'000, 'a');
  EXPECT_THAT(NearestName(name, {name}), Eq(std::nullopt));
}

TEST(NearestNameTest, HintSuggestsOrListsOrStaysSilent) {
  EXPECT_EQ(NearestNameHint("epoch", TrainParameters()),
            "; did you mean \"epochs\"?");
  EXPECT_EQ(NearestNameHint("dropout", {"layers", "seed"}),
            "; known are layers, seed");
  EXPECT_EQ(NearestNameHint("dropout", {}), "");
  EXPECT_THAT(NearestNameHint("dropout", std::vector<std::string>(21, "z")),
              EndsWith("z, …"));
}

}  // namespace
}  // namespace stagecoach
