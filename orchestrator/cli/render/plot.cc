#include "orchestrator/cli/render/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

constexpr int kNarrowest = 16;  // columns of the plot itself
constexpr int kRowsATick = 4;
// Marks of the lines where there is no Unicode.
constexpr absl::string_view kMarks = "*+ox#@";

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void Add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
  // A range of a single value gets some air, so that it can be scaled.
  Range Widened() const {
    if (low < high) return *this;
    const double air = low == 0 ? 1 : std::fabs(low) / 2;
    return {low - air, high + air};
  }
  double Part(double value) const { return (value - low) / (high - low); }
};

bool IsDrawn(const PlotLine& line, size_t i) {
  return std::isfinite(line.x[i]) && std::isfinite(line.y[i]);
}

// Characters of the plot, each made of dots.
class Canvas {
 public:
  Canvas(int columns, int rows, bool unicode)
      : columns_(columns),
        rows_(rows),
        unicode_(unicode),
        cells_(static_cast<size_t>(columns) * rows) {}

  // Dots in all.
  int width() const { return columns_ * (unicode_ ? 2 : 1); }
  int height() const { return rows_ * (unicode_ ? 4 : 1); }

  // A straight line of dots, from the bottom left corner (0, 0) on
  // (Bresenham 1965).
  void DrawLine(int x, int y, int to_x, int to_y, Tone tone, char mark) {
    const int run = std::abs(to_x - x);
    const int rise = -std::abs(to_y - y);
    const int step_x = x < to_x ? 1 : -1;
    const int step_y = y < to_y ? 1 : -1;
    int error = run + rise;
    while (true) {
      Set(x, y, tone, mark);
      if (x == to_x && y == to_y) return;
      const int twice = 2 * error;
      if (twice >= rise) {
        error += rise;
        x += step_x;
      }
      if (twice <= run) {
        error += run;
        y += step_y;
      }
    }
  }

  // One row of characters, from the top, without spaces at its end.
  Line Row(int row) const {
    Line line;
    int end = columns_;
    while (end > 0 && At(row, end - 1).dots == 0) --end;
    for (int column = 0; column < end; ++column) {
      const Cell& cell = At(row, column);
      const Tone tone = cell.dots == 0 ? Tone::kPlain : cell.tone;
      if (line.empty() || line.back().tone != tone) line.push_back({"", tone});
      absl::StrAppend(&line.back().text, Text(cell));
    }
    return line;
  }

 private:
  struct Cell {
    uint8_t dots = 0;
    Tone tone = Tone::kPlain;
    char mark = ' ';
  };

  const Cell& At(int row, int column) const {
    return cells_[static_cast<size_t>(row) * columns_ + column];
  }

  void Set(int x, int y, Tone tone, char mark) {
    // Bits of U+2800 by column and row of the dot in its character.
    constexpr uint8_t kDots[2][4] = {{0x01, 0x02, 0x04, 0x40},
                                     {0x08, 0x10, 0x20, 0x80}};
    const int from_top = height() - 1 - y;
    const int column = unicode_ ? x / 2 : x;
    const int row = unicode_ ? from_top / 4 : from_top;
    Cell& cell = cells_[static_cast<size_t>(row) * columns_ + column];
    cell.dots |= unicode_ ? kDots[x % 2][from_top % 4] : 1;
    cell.tone = tone;
    cell.mark = mark;
  }

  std::string Text(const Cell& cell) const {
    if (cell.dots == 0) return " ";
    if (!unicode_) return std::string(1, cell.mark);
    // U+2800 and the dots, in UTF-8.
    return {'\xE2', static_cast<char>(0xA0 | (cell.dots >> 6)),
            static_cast<char>(0x80 | (cell.dots & 0x3F))};
  }

  const int columns_;
  const int rows_;
  const bool unicode_;
  std::vector<Cell> cells_;
};

void Draw(const PlotLine& line, char mark, const Range& xs, const Range& ys,
          Canvas& canvas) {
  const auto place = [](double part, int dots) {
    return std::clamp(static_cast<int>(std::lround(part * (dots - 1))), 0,
                      dots - 1);
  };
  bool joined = false;
  int last_x = 0;
  int last_y = 0;
  for (size_t i = 0; i < line.x.size(); ++i) {
    if (!IsDrawn(line, i)) {
      joined = false;
      continue;
    }
    const int x = place(xs.Part(line.x[i]), canvas.width());
    const int y = place(ys.Part(line.y[i]), canvas.height());
    canvas.DrawLine(joined ? last_x : x, joined ? last_y : y, x, y, line.tone,
                    mark);
    last_x = x;
    last_y = y;
    joined = true;
  }
}

// What stands beside row `row`: the value at its middle, at every fourth row
// and at both ends.
std::string TickText(int row, int rows, const Range& ys) {
  const bool near_end = rows - 1 - row < kRowsATick / 2;
  const bool shown =
      row == 0 || row == rows - 1 || (row % kRowsATick == 0 && !near_end);
  if (!shown) return "";
  const double part = 1 - static_cast<double>(row) / (rows - 1);
  const double value = ys.low + part * (ys.high - ys.low);
  // What is next to nothing beside the range is a rounding error.
  const bool nothing = std::fabs(value) < (ys.high - ys.low) * 1e-9;
  return NumberText(nothing ? 0 : value, 3);
}

Line Legend(absl::Span<const PlotLine> lines, int indent, bool unicode) {
  Line legend = {{std::string(indent, ' ')}};
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string mark(1, kMarks[i % kMarks.size()]);
    if (i > 0) legend.push_back({"  "});
    legend.push_back({unicode ? "──" : mark, lines[i].tone});
    legend.push_back({absl::StrCat(" ", lines[i].name)});
  }
  return legend;
}

// The axis below with the texts at its ends.
std::string Axis(const PlotOptions& options, const Range& xs, int indent,
                 int columns, const Layout& layout) {
  std::string rule;
  for (int i = 0; i < columns; ++i) {
    absl::StrAppend(&rule, layout.unicode ? "─" : "-");
  }
  const std::string first =
      options.first_label.empty() ? NumberText(xs.low) : options.first_label;
  const std::string last =
      options.last_label.empty() ? NumberText(xs.high) : options.last_label;
  const std::string spaces(indent, ' ');
  // The title in the middle of what is left between the two ends.
  const int room =
      std::max(1, columns - DisplayWidth(first) - DisplayWidth(last));
  const int before = (room - DisplayWidth(options.x_title)) / 2;
  const std::string title =
      before > 0 ? std::string(before, ' ') + options.x_title : "";
  return absl::StrCat(spaces, layout.unicode ? "└" : "+", rule, "\n", spaces,
                      " ", first, PadRight(title, room), last, "\n");
}

}  // namespace

std::string RenderPlot(absl::Span<const PlotLine> lines,
                       const PlotOptions& options, const Layout& layout) {
  Range xs;
  Range ys;
  for (const PlotLine& line : lines) {
    for (size_t i = 0; i < line.x.size(); ++i) {
      if (!IsDrawn(line, i)) continue;
      xs.Add(line.x[i]);
      ys.Add(line.y[i]);
    }
  }
  if (xs.empty()) return "";
  const Range shown_xs = xs.Widened();
  const Range shown_ys = ys.Widened();
  int indent = 0;
  for (int row = 0; row < options.rows; ++row) {
    indent =
        std::max(indent, DisplayWidth(TickText(row, options.rows, shown_ys)));
  }
  const int width = layout.width > 0 ? layout.width : options.default_width;
  const int columns = width - indent - 2;
  if (columns < kNarrowest) return "";
  Canvas canvas(columns, options.rows, layout.unicode);
  for (size_t i = 0; i < lines.size(); ++i) {
    Draw(lines[i], kMarks[i % kMarks.size()], shown_xs, shown_ys, canvas);
  }
  std::string text = absl::StrCat(
      PaintLine(layout, Legend(lines, indent + 1, layout.unicode)), "\n");
  for (int row = 0; row < options.rows; ++row) {
    const std::string tick = TickText(row, options.rows, shown_ys);
    const absl::string_view edge = layout.unicode ? (tick.empty() ? "│" : "┤")
                                                  : (tick.empty() ? "|" : "+");
    absl::StrAppend(&text, PadLeft(tick, indent), edge,
                    PaintLine(layout, canvas.Row(row)), "\n");
  }
  return text + Axis(options, xs, indent, columns, layout);
}

}  // namespace stagecoach
