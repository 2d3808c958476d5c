// Colours, and lines made of coloured pieces.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_STYLE_H_
#define ORCHESTRATOR_CLI_RENDER_STYLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace stagecoach {

// What a piece of text means; which colour that is, is decided in one place.
enum class Tone { kPlain, kStrong, kFaint, kGood, kBad, kBusy, kWarning };

// Where text is going to be shown.
struct Layout {
  // Columns there are; 0: no limit (a file or a pipe), nothing is cut.
  int width = 0;
  // Whether colours are shown.
  bool color = false;
  // Whether characters beyond ASCII are shown.
  bool unicode = true;
};

// A piece of a line. `text` must be Printable.
struct Span {
  std::string text;
  Tone tone = Tone::kPlain;
};
using Line = std::vector<Span>;

// `text` between the escape sequences of `tone`; as it is without colours.
std::string Paint(const Layout& layout, Tone tone, absl::string_view text);

// Columns that a line takes.
int LineWidth(const Line& line);

// The line in at most `width` columns (>= 1); what is cut off is replaced by
// `…`.
Line FitLine(const Line& line, int width);

// The line cut to the layout's width, if it has one, and painted.
std::string PaintLine(const Layout& layout, const Line& line);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_STYLE_H_
