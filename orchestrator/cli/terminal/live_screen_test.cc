#include "orchestrator/cli/terminal/live_screen.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/testing/fake_console.h"

namespace stagecoach {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(LiveScreenTest, TheFirstBlockMovesNothing) {
  EXPECT_EQ(RedrawText({}, {{{"a"}}, {{"b"}}}, {80, false}),
            "a\x1b[K\nb\x1b[K\n\x1b[J");
}

TEST(LiveScreenTest, ARedrawMovesUpByTheRowsOfTheOldBlock) {
  EXPECT_THAT(RedrawText({10, 0, 20}, {{{"a"}}}, {80, false}),
              StartsWith("\x1b[3A\ra\x1b[K\n"));
}

TEST(LiveScreenTest, OldLinesThatANarrowerTerminalHasBrokenCountAllTheirRows) {
  EXPECT_THAT(RedrawText({79, 40, 41}, {{{"a"}}}, {40, false}),
              StartsWith("\x1b[5A\r"));
}

TEST(LiveScreenTest, LinesStayOneColumnShortOfTheWidth) {
  EXPECT_THAT(RedrawText({}, {{{"1234567890"}}}, {10, false}),
              StartsWith("12345678…\x1b[K"));
}

TEST(LiveScreenTest, HidesTheCursorWhileItLives) {
  FakeConsole console;
  console.err_size = {40, 10};
  {
    LiveScreen screen(console);
    screen.Show({{{"one"}}});
    EXPECT_THAT(console.err, StartsWith("\x1b[?25l"));
  }
  EXPECT_THAT(console.err, EndsWith("\x1b[?25h"));
}

TEST(LiveScreenTest, WritesNothingForABlockThatLooksTheSame) {
  FakeConsole console;
  console.err_size = {40, 10};
  LiveScreen screen(console);
  screen.Show({{{"one"}}});
  console.err.clear();
  screen.Show({{{"one"}}});
  EXPECT_EQ(console.err, "");
  screen.Show({{{"two"}}});
  EXPECT_THAT(console.err, HasSubstr("two"));
}

TEST(LiveScreenTest, RedrawsWhenTheTerminalHasBeenResized) {
  FakeConsole console;
  console.err_size = {40, 10};
  LiveScreen screen(console);
  screen.Show({{{std::string(30, 'x')}}});
  console.err.clear();
  console.err_size = {20, 10};
  screen.Show({{{std::string(30, 'x')}}});
  EXPECT_THAT(console.err, StartsWith("\x1b[2A\r"));
}

}  // namespace
}  // namespace stagecoach
