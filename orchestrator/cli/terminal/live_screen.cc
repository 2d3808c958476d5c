#include "orchestrator/cli/terminal/live_screen.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kHideCursor = "\x1b[?25l";
constexpr absl::string_view kShowCursor = "\x1b[?25h";
constexpr absl::string_view kClearToLineEnd = "\x1b[K";
constexpr absl::string_view kClearBelow = "\x1b[J";

int RowsOf(const std::vector<int>& widths, int columns) {
  int rows = 0;
  for (const int width : widths) {
    rows += std::max(1, (width + columns - 1) / columns);
  }
  return rows;
}

Layout OneShort(Layout layout) {
  if (layout.width > 1) --layout.width;
  return layout;
}

}  // namespace

std::string RedrawText(const std::vector<int>& before,
                       const std::vector<Line>& lines, const Layout& layout) {
  std::string text;
  const int up = RowsOf(before, std::max(1, layout.width));
  if (up > 0) absl::StrAppend(&text, "\x1b[", up, "A\r");
  for (const Line& line : lines) {
    absl::StrAppend(&text, PaintLine(OneShort(layout), line), kClearToLineEnd,
                    "\n");
  }
  absl::StrAppend(&text, kClearBelow);
  return text;
}

LiveScreen::~LiveScreen() {
  if (cursor_hidden_) console_.Err(kShowCursor);
}

void LiveScreen::Show(const std::vector<Line>& lines) {
  const Layout layout = ErrLayout(console_);
  std::string painted = RedrawText({}, lines, layout);
  if (painted == last_ && layout.width == last_width_) return;
  std::string text = RedrawText(widths_, lines, layout);
  if (!cursor_hidden_) text.insert(0, kHideCursor.data(), kHideCursor.size());
  cursor_hidden_ = true;
  console_.Err(text);
  last_ = std::move(painted);
  last_width_ = layout.width;
  widths_.clear();
  for (const Line& line : lines) {
    const int most = std::max(1, layout.width - 1);
    widths_.push_back(std::min(LineWidth(line), most));
  }
}

}  // namespace stagecoach
