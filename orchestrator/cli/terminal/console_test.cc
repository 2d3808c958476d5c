#include "orchestrator/cli/terminal/console.h"

#include "gtest/gtest.h"
#include "orchestrator/cli/testing/fake_console.h"

namespace stagecoach {
namespace {

TEST(ConsoleTest, NothingIsCutOrColouredWithoutATerminal) {
  FakeConsole console;
  console.color = true;
  EXPECT_EQ(OutLayout(console).width, 0);
  EXPECT_FALSE(OutLayout(console).color);
}

TEST(ConsoleTest, EachStreamHasItsOwnLayout) {
  FakeConsole console;
  console.color = true;
  console.err_size = {100, 30};
  EXPECT_EQ(ErrLayout(console).width, 100);
  EXPECT_TRUE(ErrLayout(console).color);
  EXPECT_EQ(OutLayout(console).width, 0);
}

}  // namespace
}  // namespace stagecoach
