// Lines over two axes, drawn with characters.
//
// Pure.

#ifndef ORCHESTRATOR_CLI_RENDER_PLOT_H_
#define ORCHESTRATOR_CLI_RENDER_PLOT_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "orchestrator/cli/render/style.h"

namespace stagecoach {

// Points in the order in which they are joined; `x` and `y` are of one length.
// A point that is not finite interrupts the line.
struct PlotLine {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  Tone tone = Tone::kPlain;
};

struct PlotOptions {
  // Rows of the plot without axis and legend, >= 2.
  int rows = 12;
  // Columns in all where the layout has no limit.
  int default_width = 80;
  // What the axis below is of, in its middle; may be empty.
  std::string x_title;
  // Texts at the left and right end of the axis below; empty: the smallest and
  // largest `x`.
  std::string first_label;
  std::string last_label;
};

// The lines with their axes and, above, their names, each line ended by a line
// feed; as wide as the layout allows. Braille, which draws 8 points a
// character, or without Unicode a letter a line. Empty if there is nothing to
// draw, or no room for it.
std::string RenderPlot(absl::Span<const PlotLine> lines,
                       const PlotOptions& options, const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_PLOT_H_
