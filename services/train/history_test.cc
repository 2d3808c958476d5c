#include "services/train/history.h"

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(HistoryTest, IsTheDocumentThatTheReadmeDescribes) {
  TrainingHistory history;
  history.evaluations = {{0, 233.5, 427.25}, {10, 220, 410}};
  history.losses = {60000.125, 59000};
  EXPECT_EQ(nlohmann::json::parse(ToJson(history)), nlohmann::json::parse(R"({
              "evaluations": [
                {"epoch": 0, "rmse_train": 233.5, "rmse_test": 427.25},
                {"epoch": 10, "rmse_train": 220.0, "rmse_test": 410.0}],
              "loss": [60000.125, 59000.0]})"));
}

TEST(HistoryTest, OfNothingIsTwoEmptyLists) {
  EXPECT_EQ(nlohmann::json::parse(ToJson({})),
            nlohmann::json::parse(R"({"evaluations": [], "loss": []})"));
}

}  // namespace
}  // namespace stagecoach
