// A block of lines on a terminal that is drawn again in place.

#ifndef ORCHESTRATOR_CLI_TERMINAL_LIVE_SCREEN_H_
#define ORCHESTRATOR_CLI_TERMINAL_LIVE_SCREEN_H_

#include <string>
#include <vector>

#include "orchestrator/cli/render/style.h"
#include "orchestrator/cli/terminal/console.h"

namespace stagecoach {

// What to write to replace a block whose lines were `before` columns wide by
// `lines`. It moves up, overwrites and clears only what is left over, so that
// nothing flickers. If the terminal has become narrower since, it has broken
// the old lines, and the rows that they take now are what is replaced. Lines
// are cut one column short of the width: a full last column wraps on some
// terminals. Pure.
std::string RedrawText(const std::vector<int>& before,
                       const std::vector<Line>& lines, const Layout& layout);

// The block at the cursor of standard error, which must be a terminal while
// one exists.
//
// Threads: one at a time.
class LiveScreen {
 public:
  explicit LiveScreen(Console& console) : console_(console) {}
  // Leaves the block as it is and shows the cursor again.
  ~LiveScreen();
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  // Replaces the block, in one write. Does nothing if it would look the same.
  void Show(const std::vector<Line>& lines);

 private:
  Console& console_;
  bool cursor_hidden_ = false;
  std::vector<int> widths_;
  std::string last_;
  int last_width_ = 0;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_TERMINAL_LIVE_SCREEN_H_
