#include "orchestrator/cli/render/progress.h"

#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/text_proto.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;

std::string Text(const Line& line) { return PaintLine({}, line); }

v1::Progress Training() {
  return FromText<v1::Progress>(R"pb(
    fraction: 0.5
    units_done: 50
    units_total: 100
    unit: "epoch"
    metrics { key: "rmse_test" value: 380.07 }
    metrics { key: "rmse_train" value: 190.2 }
    metrics { key: "loss" value: 34211.4 })pb");
}

TEST(ProgressTest, TheBarIsAlwaysAsWideAsAsked) {
  EXPECT_EQ(Text(ProgressBar(0, 4)), "────");
  EXPECT_EQ(Text(ProgressBar(0.5, 4)), "━━──");
  EXPECT_EQ(Text(ProgressBar(0.7, 4)), "━━╸─");
  EXPECT_EQ(Text(ProgressBar(1, 4)), "━━━━");
}

TEST(ProgressTest, TheBarHoldsImpossibleFractions) {
  EXPECT_EQ(Text(ProgressBar(-1, 3)), "───");
  EXPECT_EQ(Text(ProgressBar(7, 3)), "━━━");
  EXPECT_EQ(Text(ProgressBar(std::nan(""), 3)), "───");
}

TEST(ProgressTest, UnitsAreToldAsFarAsTheyAreKnown) {
  EXPECT_EQ(UnitsText(Training()), "epoch 50/100");
  EXPECT_EQ(
      UnitsText(FromText<v1::Progress>(R"pb(units_done: 7 unit: "row")pb")),
      "row 7");
  EXPECT_EQ(UnitsText(FromText<v1::Progress>("fraction: 0.371")), "37 %");
  EXPECT_EQ(UnitsText(v1::Progress()), "");
}

TEST(ProgressTest, ValuesForTrainingAndTestDataStandTogether) {
  EXPECT_THAT(MetricsText(Training().metrics()),
              ElementsAre("loss 34211", "rmse 190.2/380.1"));
  const auto alone =
      FromText<v1::Progress>(R"pb(metrics { key: "rmse_train" value: 2 })pb");
  EXPECT_THAT(MetricsText(alone.metrics()), ElementsAre("rmse_train 2"));
}

TEST(ProgressTest, TheLineHasEverythingWhereThereIsRoom) {
  EXPECT_EQ(Text(ProgressLine(Training(), absl::Seconds(4), 0)),
            "━━━━━━━━━━──────────  epoch  50/100  ETA 4.0 s   loss 34211  "
            "rmse 190/380");
}

TEST(ProgressTest, TheBarShrinksBeforeAnythingIsLeftOut) {
  EXPECT_EQ(Text(ProgressLine(Training(), absl::Seconds(4), 61)),
            "━━━━────  epoch  50/100  ETA 4.0 s   loss 34211  rmse 190/380");
}

TEST(ProgressTest, TheLineLeavesOutWholePartsThatDoNotFit) {
  EXPECT_EQ(Text(ProgressLine(Training(), absl::Seconds(4), 50)),
            "━━━━━╸─────  epoch  50/100  ETA 4.0 s   loss 34211");
  EXPECT_EQ(Text(ProgressLine(Training(), absl::Seconds(4), 25)),
            "━━━━━─────  epoch  50/100");
}

TEST(ProgressTest, TheLineStandsStillWhileNumbersGrow) {
  v1::Progress early = Training();
  early.set_units_done(9);
  const v1::Progress late = Training();
  EXPECT_EQ(LineWidth(ProgressLine(early, absl::Seconds(4), 0)),
            LineWidth(ProgressLine(late, absl::Milliseconds(400), 0)));
}

TEST(ProgressTest, TheLineNeverExceedsItsWidth) {
  for (int width = 10; width < 100; ++width) {
    EXPECT_LE(LineWidth(ProgressLine(Training(), absl::Seconds(4), width)),
              width);
  }
}

}  // namespace
}  // namespace stagecoach
