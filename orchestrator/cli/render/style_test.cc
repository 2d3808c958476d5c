#include "orchestrator/cli/render/style.h"

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

TEST(StyleTest, PaintsOnlyWhereColoursAreShown) {
  EXPECT_EQ(Paint({80, true}, Tone::kGood, "ok"), "\x1b[32mok\x1b[0m");
  EXPECT_EQ(Paint({80, false}, Tone::kGood, "ok"), "ok");
  EXPECT_EQ(Paint({80, true}, Tone::kPlain, "ok"), "ok");
}

TEST(StyleTest, ALineIsCutToTheWidthAcrossItsPieces) {
  const Line line = {{"load", Tone::kStrong}, {" "}, {"succeeded"}};
  EXPECT_EQ(LineWidth(line), 14);
  EXPECT_EQ(PaintLine({14, false}, line), "load succeeded");
  EXPECT_EQ(PaintLine({10, false}, line), "load succ…");
  EXPECT_EQ(PaintLine({4, false}, line), "loa…");
  EXPECT_EQ(PaintLine({0, false}, line), "load succeeded");
}

TEST(StyleTest, ColoursDoNotCountAsWidth) {
  const Line line = {{"load", Tone::kGood}, {" done"}};
  EXPECT_EQ(PaintLine({9, true}, line), "\x1b[32mload\x1b[0m done");
}

}  // namespace
}  // namespace stagecoach
