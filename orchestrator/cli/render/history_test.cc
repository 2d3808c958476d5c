#include "orchestrator/cli/render/history.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::Eq;

constexpr char kHistory[] = R"({"evaluations": [
  {"rmse_test": 427.2, "epoch": 0, "rmse_train": 233.1},
  {"epoch": 10, "rmse_train": 210}], "loss": [1, 2, 3]})";

TEST(HistoryTest, EpochComesFirstAndTrainingBeforeTest) {
  const std::optional<History> history = ParseHistory(kHistory);
  ASSERT_TRUE(history.has_value());
  EXPECT_THAT(history->columns,
              ElementsAre("epoch", "rmse_train", "rmse_test"));
  EXPECT_EQ(RenderHistory(*history, 10, 2, {}),
            "  EPOCH  RMSE TRAIN  RMSE TEST\n"
            "      0       233.1      427.2\n"
            "     10       210.0          -\n");
}

TEST(HistoryTest, AnyOtherReportIsNoHistory) {
  EXPECT_THAT(ParseHistory(""), Eq(std::nullopt));
  EXPECT_THAT(ParseHistory("{"), Eq(std::nullopt));
  EXPECT_THAT(ParseHistory("[1]"), Eq(std::nullopt));
  EXPECT_THAT(ParseHistory(R"({"evaluations": 3})"), Eq(std::nullopt));
  EXPECT_THAT(ParseHistory(R"({"evaluations": [3]})"), Eq(std::nullopt));
  EXPECT_THAT(ParseHistory(R"({"evaluations": [{"a": "text"}]})"),
              Eq(std::nullopt));
}

TEST(HistoryTest, OfManyEvaluationsTheFirstAndLastAreShown) {
  History history{{"epoch"}, {}};
  for (int i = 0; i < 20; ++i) history.rows.push_back({i * 1.0});
  EXPECT_EQ(RenderHistory(history, 5, 0, {}),
            "EPOCH\n    0\n    1\n    …\n   18\n   19\n");
  EXPECT_EQ(RenderHistory({{"epoch"}, {{0}, {1}, {2}, {3}}}, 4, 0, {}),
            "EPOCH\n    0\n    1\n    2\n    3\n");
}

}  // namespace
}  // namespace stagecoach
