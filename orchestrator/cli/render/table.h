// Tables of aligned columns, as wide as the terminal allows.

#ifndef ORCHESTRATOR_CLI_RENDER_TABLE_H_
#define ORCHESTRATOR_CLI_RENDER_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "orchestrator/cli/render/style.h"

namespace stagecoach {

enum class Align { kLeft, kRight };

// What becomes of a cell that is wider than its column may be.
enum class Overflow {
  kKeep,  // the column is as wide as its widest cell, always
  kCut,   // it loses its end
  kWrap,  // it goes on below, broken at spaces
};

struct Column {
  // Shown above it, in upper case by convention; may be empty.
  std::string title;
  Align align = Align::kLeft;
  Overflow overflow = Overflow::kKeep;
};

// A table, built row by row and then rendered. Cells are Spans of Printable
// text.
//
// Threads: one at a time.
class Table {
 public:
  // `indent` spaces stand before each line.
  explicit Table(std::vector<Column> columns, int indent = 0);

  // Adds a row; missing cells are empty, there must not be more than columns.
  void AddRow(Line cells);

  bool empty() const { return rows_.empty(); }

  // The title line (if any column has a title) and the rows, each ended by a
  // line feed, columns two spaces apart, without trailing spaces. If it does
  // not fit, columns that need not be kept become narrower, the widest first,
  // down to 8 (cut) or 16 (wrapped).
  std::string Render(const Layout& layout) const;

 private:
  std::vector<int> Widths(int limit) const;

  std::vector<Column> columns_;
  int indent_;
  std::vector<Line> rows_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_TABLE_H_
