#include "services/train/history.h"

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(HistoryTest, IsTheDocumentThatTheReadmeDescribes) {
  TrainingHistory history;
  history.evaluations = {{0, 233.5, 427.25}, {10, 220, 410}};
  history.losses = {60000.125, 59000};
  history.learning_rates = {0.5, 0.25};
  EXPECT_EQ(nlohmann::json::parse(ToJson(history)), nlohmann::json::parse(R"({
              "evaluations": [
                {"epoch": 0, "rmse_train": 233.5, "rmse_test": 427.25},
                {"epoch": 10, "rmse_train": 220.0, "rmse_test": 410.0}],
              "loss": [60000.125, 59000.0],
              "learning_rate": [0.5, 0.25]})"));
}

TEST(HistoryTest, SaysWhatValidationAndEarlyStoppingMade) {
  TrainingHistory history;
  history.validation_losses = {3, 4};
  history.kept = Evaluation{1, 2.5, 3.5};
  const auto document = nlohmann::json::parse(ToJson(history));
  EXPECT_EQ(document["validation_loss"], nlohmann::json({3.0, 4.0}));
  EXPECT_EQ(document["kept"],
            nlohmann::json::parse(
                R"({"epoch": 1, "rmse_train": 2.5, "rmse_test": 3.5})"));
}

TEST(HistoryTest, AsCsvLeavesEmptyWhatWasNotMeasured) {
  TrainingHistory history;
  history.evaluations = {{0, 1.5, 2.5}, {2, 1, 2}};
  history.losses = {9, 8, 7};
  history.learning_rates = {0.1, 0.1, 0.01};
  EXPECT_EQ(ToCsv(history),
            "epoch,loss,validation_loss,learning_rate,rmse_train,rmse_test\n"
            "0,9,,0.10000000000000001,1.5,2.5\n"
            "1,8,,0.10000000000000001,,\n"
            "2,7,,0.01,1,2\n");
  history.validation_losses = {0.5, 0.25, 0.125};
  EXPECT_THAT(ToCsv(history), testing::HasSubstr("1,8,0.25,0.1"));
}

TEST(HistoryTest, OfNothingIsTwoEmptyLists) {
  EXPECT_EQ(nlohmann::json::parse(ToJson({})),
            nlohmann::json::parse(
                R"({"evaluations": [], "loss": [], "learning_rate": []})"));
}

}  // namespace
}  // namespace stagecoach
